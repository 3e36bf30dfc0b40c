"""Artifacts of a build: list, one, and its files as one archive.

https://learn.microsoft.com/rest/api/azure/devops/build/artifacts
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response, StreamingResponse

from drivetrain.run.model import Artifact, Timeline
from drivetrain.run.predefined import guid
from drivetrain.run.runner.layout import step_id
from drivetrain.view.api.devops.access import LinksOf, ProjectOf, ServicesOf, TimelineOf
from drivetrain.view.api.devops.build_logs import ZIP, wants
from drivetrain.view.api.devops.errors import UnknownError
from drivetrain.view.api.devops.links import Links, page_of, segment
from drivetrain.view.api.devops.services import Services
from drivetrain.view.api.devops.teams import TeamProject
from drivetrain.view.api.own.artifacts import zipped
from drivetrain.view.attachments import Attachment, attachments

router = APIRouter(prefix="/{project}/_apis/build/builds/{build}", tags=["artifacts"])
_TYPES = {"pipeline": "PipelineArtifact", "container": "Container"}


@router.get("/artifacts", response_model=None)
def list_artifacts(
    request: Request,
    services: ServicesOf,
    project: ProjectOf,
    links: LinksOf,
    timeline: TimelineOf,
    artifactName: str = "",  # noqa: N803 - a query
) -> dict[str, Any] | Response:
    """The artifacts of a run, or the one of a name; as an archive with `$format=zip`, or for whoever accepts it."""
    if not artifactName:
        return page_of([_shape(links, project, timeline, each) for each in timeline.artifacts])
    found = find_artifact(timeline, artifactName)
    if wants(request, ZIP):
        return archive(services, timeline, found)
    return _shape(links, project, timeline, found)


def find_artifact(timeline: Timeline, name: str) -> Artifact:
    """The artifact of a name, in any case. Raises UnknownError."""
    for each in timeline.artifacts:
        if each.name.lower() == name.lower():
            return each
    raise UnknownError(f"Artifact {name} was not found for build {timeline.run.id}.", "ArtifactNotFoundException")


def archive(services: Services, timeline: Timeline, artifact: Artifact) -> StreamingResponse:
    """Its files in a folder of its name, as Azure packs them. Raises NotFoundError."""
    files = services.site.artifacts.locations(timeline.run.id, artifact.name)
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{segment(artifact.name)}.zip"}
    inside = {f"{artifact.name}/{path}": where for path, where in files.items()}
    return StreamingResponse(zipped(inside), media_type=ZIP, headers=headers)


def _shape(links: Links, project: TeamProject, timeline: Timeline, artifact: Artifact) -> dict[str, Any]:
    build, job = timeline.run.id, artifact.job
    attempt = max((each.attempt for each in timeline.jobs if each.ref == job), default=1)
    here = links.api(f"build/builds/{build}/artifacts", project)
    query = {"artifactName": artifact.name, "api-version": "7.1"}
    return {
        "id": list(timeline.artifacts).index(artifact) + 1,
        "name": artifact.name,
        "source": guid(build, job, attempt),
        "resource": {
            "type": _TYPES.get(artifact.kind, artifact.kind),
            "data": artifact.location or f"#/{build}/{artifact.name}",
            "properties": {"artifactsize": str(artifact.size), **artifact.properties},
            "url": f"{here}?{urlencode(query)}",
            "downloadUrl": f"{here}?{urlencode({**query, '$format': 'zip'})}",
        },
    }


@router.get("/attachments/{kind}")
def list_attachments(
    services: ServicesOf, project: ProjectOf, links: LinksOf, timeline: TimelineOf, kind: str
) -> dict[str, Any]:
    """What steps have handed over by `task.addattachment` of a type, or `task.uploadsummary`."""
    own, run = guid("timeline", timeline.run.id), timeline.run.id
    found = []
    for each in _attachments(services, timeline):
        if each.type.lower() == kind.lower():
            record = step_id(run, each.job, each.attempt, each.step)
            here = f"build/builds/{run}/{own}/{record}/attachments/{segment(each.type)}/{segment(each.name)}"
            found.append({"name": each.name, "_links": {"self": {"href": links.api(here, project)}}})
    return page_of(found)


def _attachments(services: Services, timeline: Timeline) -> list[Attachment]:
    return attachments(services.site.runs, services.site.logs, timeline.run.id)


@router.get("/{timeline_id}/{record}/attachments/{kind}/{name}", response_class=FileResponse)
def get_attachment(
    services: ServicesOf, timeline: TimelineOf, timeline_id: str, record: str, kind: str, name: str
) -> FileResponse:
    """One of them, always as a download."""
    del timeline_id
    for each in _attachments(services, timeline):
        own = step_id(timeline.run.id, each.job, each.attempt, each.step)
        if (each.type.lower(), each.name, own) == (kind.lower(), name, record.lower()):
            return FileResponse(each.path, media_type="application/octet-stream", filename=each.name)
    raise UnknownError(f"Build {timeline.run.id} has no attachment {name}.", "AttachmentNotFoundException")
