"""Builds: list, get, queue, cancel, keep, try again; what changed in them.

https://learn.microsoft.com/rest/api/azure/devops/build/builds
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Response

from drivetrain.errors import UserError
from drivetrain.run.model import Run, State
from drivetrain.run.reopen import Again
from drivetrain.view.api.devops.access import LinksOf, PrincipalOf, ProjectOf, RunOf, ServicesOf, name_of, run_in
from drivetrain.view.api.devops.bodies import MOST, Fields
from drivetrain.view.api.devops.build_shapes import build
from drivetrain.view.api.devops.errors import UnknownError
from drivetrain.view.api.devops.finding import Wanted, every_run, find_runs
from drivetrain.view.api.devops.links import page_of
from drivetrain.view.api.devops.queueing import Wish, queue
from drivetrain.view.api.devops.services import Services
from drivetrain.view.api.devops.teams import TeamProject

router = APIRouter(prefix="/{project}/_apis/build", tags=["builds"])
CONTINUATION = "X-MS-ContinuationToken"
Top = Annotated[int, Query(alias="$top", ge=0, le=MOST)]
Document = Annotated[dict[str, Any], Body()]


def kept_for_ever(services: Services) -> frozenset[int]:
    """The ids of runs that are kept for ever."""
    return frozenset(lease.run_id for lease in services.site.retention.every_lease() if not lease.until)


@router.get("/builds")
def list_builds(  # noqa: PLR0917 - FastAPI passes them by name
    services: ServicesOf,
    project: ProjectOf,
    links: LinksOf,
    response: Response,
    definitions: str = "",
    status: Annotated[str, Query(alias="statusFilter")] = "",
    result: Annotated[str, Query(alias="resultFilter")] = "",
    reason: Annotated[str, Query(alias="reasonFilter")] = "",
    branch: Annotated[str, Query(alias="branchName")] = "",
    number: Annotated[str, Query(alias="buildNumber")] = "",
    requested_for: Annotated[str, Query(alias="requestedFor")] = "",
    tags: Annotated[str, Query(alias="tagFilters")] = "",
    ids: Annotated[str, Query(alias="buildIds")] = "",
    since: Annotated[datetime | None, Query(alias="minTime")] = None,
    until: Annotated[datetime | None, Query(alias="maxTime")] = None,
    order: Annotated[str, Query(alias="queryOrder")] = "",
    per_definition: Annotated[int, Query(alias="maxBuildsPerDefinition", ge=0, le=MOST)] = MOST,
    top: Top = 1000,
    token: Annotated[str, Query(alias="continuationToken")] = "",
) -> dict[str, Any]:
    """Runs of the project's pipeline, newest first. The header `X-MS-ContinuationToken` leads to the next page."""
    if definitions and str(project.definition) not in [each.strip() for each in definitions.split(",")]:
        return page_of([])
    wanted = Wanted(status, result, reason, branch, number, requested_for, tags, ids, _utc(since), _utc(until), order)
    found = find_runs(services.site, project, wanted, min(top, per_definition), token)
    if found.token and per_definition > top:
        response.headers[CONTINUATION] = found.token
    kept = kept_for_ever(services)
    return page_of([build(links, project, run, kept) for run in found.runs])


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


@router.get("/builds/{build}")
def get_build(services: ServicesOf, project: ProjectOf, links: LinksOf, run: RunOf) -> dict[str, Any]:
    """One run."""
    return _shown(services, project, links, run)


def _shown(services: Services, project: TeamProject, links: LinksOf, run: Run) -> dict[str, Any]:
    return build(links, project, run, kept_for_ever(services))


@router.get("/latest/{definition}")
def latest(
    services: ServicesOf,
    project: ProjectOf,
    links: LinksOf,
    definition: str,
    branch: Annotated[str, Query(alias="branchName")] = "",
) -> dict[str, Any]:
    """The newest completed run of the pipeline, by its number or name."""
    if definition.lower() in {str(project.definition), project.name.lower()}:
        for run in every_run(services.site, project, None):
            if run.state is State.COMPLETED and Wanted(branch=branch).matches(run):
                return _shown(services, project, links, run)
    raise UnknownError(f"No build of {definition} was found.", "BuildNotFoundException")


@router.post("/builds")
def queue_build(
    services: ServicesOf,
    principal: PrincipalOf,
    project: ProjectOf,
    links: LinksOf,
    body: Document,
    definition: Annotated[int | None, Query(alias="definitionId", ge=0, le=MOST)] = None,
) -> dict[str, Any]:
    """Start a run. `parameters` are variables as the text of a JSON object, `templateParameters` the file's own."""
    given = Fields(body)
    number = given.fields("definition").number("id", project.definition if definition is None else definition)
    project.check(number)
    wish = Wish(
        branch=given.text("sourceBranch"),
        commit=given.text("sourceVersion"),
        parameters=template_parameters(given),
        variables=_variables(given.text("parameters")),
    )
    run = queue(services, project, wish, by=name_of(services, principal, project))
    return _shown(services, project, links, run)


def template_parameters(given: Fields) -> dict[str, object]:
    """The values of a file's parameters."""
    fields = given.fields("templateParameters")
    return {name: fields.raw(name) for name in fields.names()}


def _variables(text: str) -> dict[str, str]:
    if not text.strip():
        return {}
    try:
        found = Fields(json.loads(text), "parameters")
    except (ValueError, RecursionError) as error:
        raise UserError(
            "parameters is not the text of a JSON object", hint='such as "{\\"name\\": \\"x\\"}"'
        ) from error
    return {name: found.text(name) for name in found.names()}


@router.patch("/builds/{build}")
def update_build(
    services: ServicesOf,
    principal: PrincipalOf,
    project: ProjectOf,
    links: LinksOf,
    run: RunOf,
    body: Document,
    retry: bool = False,  # noqa: FBT001, FBT002 - a query
) -> dict[str, Any]:
    """Cancel it (`status: cancelling`), keep it for ever or no more (`keepForever`), or try failed jobs again."""
    by = name_of(services, principal, project)
    if retry:
        services.site.verbs.reopen(run.id, Again(), by=by)
    else:
        _update(services, run, Fields(body), by)
    return _shown(services, project, links, _again(services, project, run.id))


@router.patch("/builds")
def update_builds(
    services: ServicesOf,
    principal: PrincipalOf,
    project: ProjectOf,
    links: LinksOf,
    body: Annotated[list[dict[str, Any]], Body()],
) -> dict[str, Any]:
    """The same for several runs."""
    by = name_of(services, principal, project)
    changes = [(_again(services, project, Fields(each).number("id")), Fields(each)) for each in body]
    for run, fields in changes:
        _update(services, run, fields, by)
    return page_of([_shown(services, project, links, _again(services, project, run.id)) for run, _ in changes])


def _again(services: Services, project: TeamProject, build_id: int) -> Run:
    run = run_in(services, project, build_id)
    if run is None:
        raise UnknownError(f"The requested build {build_id} could not be found.", "BuildNotFoundException")
    return run


_SETTABLE = frozenset({"status", "keepForever", "id", "tags"})


def _update(services: Services, run: Run, body: Fields, by: str) -> None:
    if unknown := [name for name in body.names() if name not in _SETTABLE]:
        raise UserError(f"{unknown[0]} of a build cannot be changed here", hint="status, keepForever and tags can")
    keep = body.flag("keepForever")
    status = body.text("status").lower()
    if status and status != "cancelling":
        raise UserError(f"a build cannot be made {status!r}", hint="`cancelling` cancels it")
    if status:
        services.site.verbs.cancel(run.id, by=by)
    if keep:
        services.site.retention.keep(run.id, reason="Retained indefinitely by the REST API", by=by)
    elif keep is False:
        services.site.retention.unkeep(run.id)
    if "tags" in body:
        services.site.verbs.tag(run.id, add=body.texts("tags"))


@router.patch("/builds/{build}/stages/{stage}", status_code=204)
def update_stage(
    services: ServicesOf, principal: PrincipalOf, project: ProjectOf, run: RunOf, stage: str, body: Document
) -> None:
    """Run a stage again (`state: retry`): what failed of it, or all with `forceRetryAllJobs`."""
    given = Fields(body)
    wanted = given.raw("state")
    if wanted not in {"retry", 1}:
        raise UserError(f"a stage cannot be made {wanted!r} here", hint="`retry` runs it again")
    again = Again((stage,), whole=bool(given.flag("forceRetryAllJobs")))
    services.site.verbs.reopen(run.id, again, by=name_of(services, principal, project))


@router.get("/builds/{build}/changes")
def changes(services: ServicesOf, project: ProjectOf, run: RunOf, top: Top = 50) -> dict[str, Any]:
    """The commits that it has and the run before it, of the same branch, had not."""
    earlier = every_run(services.site, project, run.id)
    before = next((each for each in earlier if each.source.ref == run.source.ref), None)
    found = services.sources.changes(run, before, min(top, 1000))
    return page_of(
        [
            {
                "id": each.sha,
                "message": each.message,
                "type": "TfsGit",
                "author": {"displayName": each.author, "uniqueName": each.email},
                "timestamp": each.at,
                "location": f"{run.source.uri}#{each.sha}",
                "messageTruncated": False,
            }
            for each in found
        ]
    )
