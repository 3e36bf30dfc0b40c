"""Pipelines: list, get, run, preview; their runs with logs and artifacts.

https://learn.microsoft.com/rest/api/azure/devops/pipelines
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse
from starlette.exceptions import HTTPException

from drivetrain.clock import timestamp
from drivetrain.errors import UserError
from drivetrain.run.model import Run, Timeline
from drivetrain.run.predefined import guid
from drivetrain.view.api.devops.access import (
    LinksOf,
    Number,
    PrincipalOf,
    ProjectOf,
    ServicesOf,
    name_of,
    no_build,
    run_in,
)
from drivetrain.view.api.devops.artifacts import archive, find_artifact
from drivetrain.view.api.devops.bodies import Fields
from drivetrain.view.api.devops.build_logs import described_logs, log_of
from drivetrain.view.api.devops.build_shapes import as_text
from drivetrain.view.api.devops.builds import Document, Top, template_parameters
from drivetrain.view.api.devops.definitions import file_of, repository
from drivetrain.view.api.devops.finding import every_run
from drivetrain.view.api.devops.links import Links, page_of, without_nothing
from drivetrain.view.api.devops.queueing import Wish, preview, queue
from drivetrain.view.api.devops.services import Services
from drivetrain.view.api.devops.teams import TeamProject, find_project, run_of
from drivetrain.view.api.devops.words import run_result, run_state

router = APIRouter(prefix="/{project}/_apis/pipelines", tags=["pipelines"])
MOST_RUNS = 10_000


def _reference(links: Links, project: TeamProject) -> dict[str, Any]:
    number = project.definition
    return {
        "url": links.api(f"pipelines/{number}?revision=1", project),
        "id": number,
        "revision": 1,
        "name": project.name,
        "folder": "\\",
    }


def _links(links: Links, here: str, page: str, project: TeamProject) -> dict[str, Any]:
    return {"_links": {"self": {"href": links.api(here, project)}, "web": {"href": links.page(page)}}}


@router.get("")
def list_pipelines(project: ProjectOf, links: LinksOf, top: Top = 1) -> dict[str, Any]:
    """The only one of a project."""
    return page_of([_reference(links, project)][:top])


@router.get("/{pipeline}")
def get_pipeline(services: ServicesOf, project: ProjectOf, links: LinksOf, pipeline: Number) -> dict[str, Any]:
    """It, by its number."""
    project.check(pipeline)
    here = repository(services, project)
    return {
        **_links(links, f"pipelines/{pipeline}?revision=1", "projects", project),
        **_reference(links, project),
        "configuration": {
            "type": "yaml",
            "path": file_of(services, project),
            "repository": {"id": guid("repository", here.url), "type": "azureReposGit", "fullName": here.name},
        },
    }


def _shape(links: Links, project: TeamProject, run: Run) -> dict[str, Any]:
    here = f"pipelines/{project.definition}/runs/{run.id}"
    repositories = {
        "self": {
            "repository": {"id": guid("repository", run.source.uri), "type": "azureReposGit"},
            "refName": run.source.ref,
            "version": run.source.commit.sha,
        }
    }
    return without_nothing(
        {
            **_links(links, here, f"runs/{run.id}", project),
            "id": run.id,
            "name": run.number,
            "state": run_state(run),
            "result": run_result(run),
            "createdDate": run.created_at,
            "finishedDate": run.finished_at,
            "url": links.api(here, project),
            "pipeline": _reference(links, project),
            "resources": {"repositories": repositories},
            "templateParameters": {name: as_text(value) for name, value in run.parameters.items()},
            "variables": {name: {"value": value} for name, value in run.variables.items()},
            "yamlDetails": {"rootYamlFile": {"yamlFile": run.file}},
        }
    )


@router.get("/{pipeline}/runs")
def list_runs(services: ServicesOf, project: ProjectOf, links: LinksOf, pipeline: Number) -> dict[str, Any]:
    """Its runs, newest first, at most 10,000."""
    project.check(pipeline)
    runs = every_run(services.site, project, None)
    return page_of([_shape(links, project, run) for run, _ in zip(runs, range(MOST_RUNS), strict=False)])


def _one(services: Services, project: TeamProject, pipeline: int, run: int) -> Run:
    project.check(pipeline)
    found = run_in(services, project, run)
    if found is None:
        raise no_build(run)
    return found


def _whole(services: Services, project: TeamProject, pipeline: int, run: int) -> Timeline:
    return services.site.runs.timeline(_one(services, project, pipeline, run).id)


@router.get("/{pipeline}/runs/{run}")
def get_run(services: ServicesOf, project: ProjectOf, links: LinksOf, pipeline: Number, run: Number) -> dict[str, Any]:
    """One of them."""
    return _shape(links, project, _one(services, project, pipeline, run))


@router.post("/{pipeline}/runs")
def run_pipeline(
    services: ServicesOf, principal: PrincipalOf, project: ProjectOf, links: LinksOf, pipeline: Number, body: Document
) -> dict[str, Any]:
    """Start a run; with `previewRun: true` only its final YAML is made."""
    project.check(pipeline)
    given = Fields(body)
    by = name_of(services, principal, project)
    if given.flag("previewRun"):
        return _previewed(services, project, links, given, by)
    if "yamlOverride" in given:
        raise UserError("yamlOverride is for a preview only", hint="set previewRun to true, or push the file")
    return _shape(links, project, queue(services, project, _wish(given), by=by))


@router.post("/{pipeline}/preview")
def preview_pipeline(
    services: ServicesOf, principal: PrincipalOf, project: ProjectOf, links: LinksOf, pipeline: Number, body: Document
) -> dict[str, Any]:
    """The final YAML of a run that is not started."""
    project.check(pipeline)
    return _previewed(services, project, links, Fields(body), name_of(services, principal, project))


def _previewed(services: Services, project: TeamProject, links: Links, given: Fields, by: str) -> dict[str, Any]:
    text = preview(services, project, _wish(given), by=by)
    found = {"pipeline": _reference(links, project), "state": "unknown", "url": "", "id": -1, "finalYaml": text}
    return {**found, "templateParameters": {}}


def _wish(given: Fields) -> Wish:
    """https://learn.microsoft.com/rest/api/azure/devops/pipelines/runs/run-pipeline"""
    repositories = given.fields("resources").fields("repositories")
    for name in given.fields("resources").names():
        if name != "repositories":
            raise UserError(f"resources.{name} cannot be chosen here", hint="the newest that the file allows is taken")
    for name in repositories.names():
        if name != "self":
            raise UserError(f"resources.repositories.{name} cannot be chosen here", hint="`self` can")
    own = repositories.fields("self")
    return Wish(
        branch=own.text("refName"),
        commit=own.text("version"),
        parameters=template_parameters(given),
        variables=_variables(given.fields("variables")),
        stages_to_skip=given.texts("stagesToSkip"),
        text=given.text("yamlOverride") or None,
    )


def _variables(given: Fields) -> dict[str, str]:
    found = {name: given.fields(name) for name in given.names()}
    for name, each in found.items():
        if each.flag("isSecret"):
            raise UserError(
                f"variable {name}: what is set when a run is queued is kept with it, and so cannot be secret",
                hint="put it into a variable group",
            )
    return {name: each.text("value") for name, each in found.items()}


# Logs and artifacts of a run.


@router.get("/{pipeline}/runs/{run}/logs")
def list_logs(
    services: ServicesOf,
    project: ProjectOf,
    links: LinksOf,
    pipeline: Number,
    run: Number,
    expand: Annotated[str, Query(alias="$expand")] = "",
) -> dict[str, Any]:
    """Its logs; with `$expand=signedContent` each with an address that opens it for an hour without a token."""
    timeline = _whole(services, project, pipeline, run)
    here = f"pipelines/{pipeline}/runs/{run}/logs"
    logs = described_logs(services, links, project, timeline, here)
    for each in logs if _signs(expand) else ():
        each["signedContent"] = _signed(services, links, project, f"{here}/{each['id']}/content", {})
    return {"logs": logs, "url": links.api(here, project)}


def _signs(expand: str) -> bool:
    return expand.lower() in {"signedcontent", "1"}


def _signed(services: Services, links: Links, project: TeamProject, path: str, query: dict[str, str]) -> dict[str, Any]:
    canonical = f"/{project.id}/_apis/{path}"
    address, until = services.signer.signed(canonical, query)
    return {"url": f"{links.host}{links.prefix}{address}", "signatureExpiration": from_seconds(until)}


def from_seconds(moment: int) -> str:
    """Seconds since 1970 -> ISO 8601."""
    return timestamp(datetime.fromtimestamp(moment, UTC))


@router.get("/{pipeline}/runs/{run}/logs/{number}")
def get_log(
    services: ServicesOf,
    project: ProjectOf,
    links: LinksOf,
    pipeline: Number,
    run: Number,
    number: Number,
    expand: Annotated[str, Query(alias="$expand")] = "",
) -> dict[str, Any]:
    """What is known of one log."""
    timeline = _whole(services, project, pipeline, run)
    log_of(services, timeline, number)
    here = f"pipelines/{pipeline}/runs/{run}/logs"
    found = next(each for each in described_logs(services, links, project, timeline, here) if each["id"] == number)
    more = (
        {"signedContent": _signed(services, links, project, f"{here}/{number}/content", {})} if _signs(expand) else {}
    )
    return {**found, **more}


@router.get("/{pipeline}/runs/{run}/artifacts")
def get_artifact(
    services: ServicesOf,
    project: ProjectOf,
    links: LinksOf,
    pipeline: Number,
    run: Number,
    artifactName: str,  # noqa: N803 - a query
    expand: Annotated[str, Query(alias="$expand")] = "",
) -> dict[str, Any]:
    """One artifact, by its name."""
    found = find_artifact(_whole(services, project, pipeline, run), artifactName)
    here = f"pipelines/{pipeline}/runs/{run}/artifacts"
    query = {"artifactName": found.name}
    more = {"signedContent": _signed(services, links, project, f"{here}/content", query)} if _signs(expand) else {}
    return {"name": found.name, "url": links.api(f"{here}?{urlencode(query)}", project), **more}


# What was signed: the address is the token.

signed = APIRouter(prefix="/{project}/_apis/pipelines/{pipeline}/runs/{run}", tags=["signed content"])


def _opened(request: Request, services: Services, project: str, run: int) -> Timeline:
    if not services.signer.opens(request.scope["path"], dict(request.query_params)):
        raise HTTPException(401, "This address has expired, or was changed: ask for the signed content again.")
    owner = find_project(services.site, project)
    found = run_of(services.site, run)
    if found is None or not owner.has(found):
        raise no_build(run)
    return services.site.runs.timeline(run)


@signed.get("/logs/{number}/content", response_model=None)
def log_content(
    request: Request, services: ServicesOf, project: str, pipeline: Number, run: Number, number: Number
) -> Response:
    """All lines of a log."""
    del pipeline
    log = log_of(services, _opened(request, services, project, run), number)
    return StreamingResponse((f"{line}\r\n" for line in log.lines(0, None)), media_type="text/plain")


@signed.get("/artifacts/content", response_model=None)
def artifact_content(
    request: Request,
    services: ServicesOf,
    project: str,
    pipeline: Number,
    run: Number,
    artifactName: str,  # noqa: N803 - a query
) -> Response:
    """The files of an artifact as an archive."""
    del pipeline
    timeline = _opened(request, services, project, run)
    return archive(services, timeline, find_artifact(timeline, artifactName))
