"""Pipelines as definitions of builds.

https://learn.microsoft.com/rest/api/azure/devops/build/definitions
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import PlainTextResponse, Response

from drivetrain.errors import NotFoundError
from drivetrain.run.model import Run
from drivetrain.view.api.devops.access import LinksOf, Number, ProjectOf, ServicesOf
from drivetrain.view.api.devops.build_logs import JSON, wants
from drivetrain.view.api.devops.build_shapes import build, definition
from drivetrain.view.api.devops.builds import Top, kept_for_ever
from drivetrain.view.api.devops.finding import every_run
from drivetrain.view.api.devops.links import Links, page_of
from drivetrain.view.api.devops.ports import Repository
from drivetrain.view.api.devops.services import Services
from drivetrain.view.api.devops.teams import TeamProject

router = APIRouter(prefix="/{project}/_apis/build/definitions", tags=["definitions"])
Flag = Annotated[bool, Query(alias="includeLatestBuilds")]


def newest(services: Services, project: TeamProject) -> Run | None:
    """The newest run of a project."""
    return next(every_run(services.site, project, None), None)


def repository(services: Services, project: TeamProject) -> Repository:
    """The repository of a project; of a working tree, as its newest run took it."""
    if project.project is not None:
        return services.sources.of_project(project.project)
    run = newest(services, project)
    if run is None:
        raise NotFoundError(f"the working tree '{project.name}' has no runs any more", hint="drivetrain run")
    return services.sources.of_run(run)


def file_of(services: Services, project: TeamProject) -> str:
    """The pipeline's file."""
    if project.project is not None:
        return project.project.file
    run = newest(services, project)
    return run.file if run else ""


def _shape(services: Services, links: Links, project: TeamProject, *, latest: bool = False) -> dict[str, Any]:
    created = project.project.created_at if project.project else ""
    here = repository(services, project)
    found = definition(links, project, here, file_of(services, project), services.site.owner, created)
    return {**found, **_latest(services, links, project)} if latest else found


def _latest(services: Services, links: Links, project: TeamProject) -> dict[str, Any]:
    kept = kept_for_ever(services)
    runs = every_run(services.site, project, None)
    first = next(runs, None)
    if first is None:
        return {}
    ended = first if first.result else next((run for run in runs if run.result), None)
    found = {"latestBuild": build(links, project, first, kept)}
    return {**found, "latestCompletedBuild": build(links, project, ended, kept)} if ended else found


@router.get("")
def list_definitions(
    services: ServicesOf,
    project: ProjectOf,
    links: LinksOf,
    name: str = "*",
    definitionIds: str = "",  # noqa: N803 - a query
    path: str = "\\",
    top: Top = 10_000,
    latest: Flag = False,  # noqa: FBT002 - a query
) -> dict[str, Any]:
    """The only pipeline of a project, unless a filter leaves it out. `name` may have `*`."""
    ids = [each.strip() for each in definitionIds.split(",") if each.strip()]
    if ids and str(project.definition) not in ids:
        return page_of([])
    if not fnmatchcase(project.name.lower(), name.lower()) or path.strip("\\/") or not top:
        return page_of([])
    return page_of([_shape(services, links, project, latest=latest)])


@router.get("/{number}")
def get_definition(
    services: ServicesOf,
    project: ProjectOf,
    links: LinksOf,
    number: Number,
    latest: Flag = False,  # noqa: FBT002 - a query
) -> dict[str, Any]:
    """The pipeline by its number."""
    project.check(number)
    return _shape(services, links, project, latest=latest)


@router.get("/{number}/yaml", response_model=None)
def get_yaml(request: Request, services: ServicesOf, project: ProjectOf, number: Number) -> dict[str, Any] | Response:
    """Its file, as it is on the default branch."""
    project.check(number)
    here = repository(services, project)
    text = services.sources.read(here, here.branch, file_of(services, project)).decode("utf-8", "replace")
    return {"yaml": text} if wants(request, JSON) else PlainTextResponse(text)
