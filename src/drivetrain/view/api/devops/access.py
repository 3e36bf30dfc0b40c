"""What every route starts from: the services, who asks, and the project that the address names.

    the owner                        everything; a personal access token, as far as it goes
    a personal token of a project    its own project, as a job
    a job (its System.AccessToken)   its own project: reading, queueing, and what belongs to its runs
    a service connection             its own project, as a job

A project that somebody may not see does not exist for them, as on Azure.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path, Request
from starlette.exceptions import HTTPException

from drivetrain.run.model import Run, Timeline
from drivetrain.view.api.azure.identity.model import Principal, PrincipalKind
from drivetrain.view.api.devops.bodies import MOST
from drivetrain.view.api.devops.errors import UnknownError, no_project
from drivetrain.view.api.devops.links import Links
from drivetrain.view.api.devops.services import Services
from drivetrain.view.api.devops.teams import TeamProject, find_project, project_of_run, run_of

READING = frozenset({"GET", "HEAD", "OPTIONS"})
Number = Annotated[int, Path(ge=0, le=MOST)]
"""An id in an address."""


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


ServicesOf = Annotated[Services, Depends(_services)]


def principal_of(request: Request, services: ServicesOf) -> Principal:
    """Who asks. Raises HTTPException 401 when nobody says, 403 when a token for reading is to change something."""
    found = services.identify(request.scope)
    if found is not None and found.read_only and request.method not in READING:
        raise HTTPException(403, "TF401027: This token is for reading only. Make one with `--scope manage`.")
    if found is None:
        raise HTTPException(
            401,
            "TF400813: The user is not authorized to access this resource. Send a personal access token "
            "(`drivetrain token create`), the owner's token (the file `token` in the home folder) or a job's "
            "System.AccessToken as the password of Basic.",
        )
    return found


PrincipalOf = Annotated[Principal, Depends(principal_of)]


def _links(request: Request) -> Links:
    return Links.of(request)


LinksOf = Annotated[Links, Depends(_links)]


def scope_of(services: Services, principal: Principal) -> TeamProject | None:
    """The one project that somebody may see; None for whoever may see all."""
    if principal.kind is PrincipalKind.OWNER:
        return None
    if principal.project:
        return find_project(services.site, principal.project)
    run = run_of(services.site, principal.run_id or 0)
    if run is None:
        raise HTTPException(403, "TF401019: This identity belongs to no project that is served here.")
    return project_of_run(services.site, run)


def may_see(services: ServicesOf, principal: PrincipalOf, project: str) -> TeamProject:
    """The project of that name, for whoever may see it. Raises UnknownError."""
    own = scope_of(services, principal)
    try:
        found = find_project(services.site, project)
    except UnknownError:
        raise no_project(project) from None
    if own is not None and own.id != found.id:
        raise no_project(project)
    return found


ProjectOf = Annotated[TeamProject, Depends(may_see)]


def _timeline(services: ServicesOf, project: ProjectOf, build: Number) -> Timeline:
    """The run of the address, when it is one of the project. Raises UnknownError."""
    found = services.site.runs.timeline(build) if run_in(services, project, build) else None
    if found is None:
        raise no_build(build)
    return found


def run_in(services: Services, project: TeamProject, build: int) -> Run | None:
    """The run of this id, if it is one of the project."""
    run = run_of(services.site, build)
    return run if run is not None and project.has(run) else None


def no_build(build: int) -> UnknownError:
    """There is no such run in the project."""
    return UnknownError(f"The requested build {build} could not be found.", "BuildNotFoundException")


TimelineOf = Annotated[Timeline, Depends(_timeline)]


def _run(services: ServicesOf, project: ProjectOf, build: Number) -> Run:
    found = run_in(services, project, build)
    if found is None:
        raise no_build(build)
    return found


RunOf = Annotated[Run, Depends(_run)]


def _owner_only(principal: PrincipalOf) -> None:
    if principal.kind is not PrincipalKind.OWNER:
        raise HTTPException(
            403,
            f"TF401027: '{principal.name}' may not change this: a token for one project reads it and queues its "
            "pipelines. Use the owner's token, or a personal one for all projects.",
        )


OwnerOnly = Depends(_owner_only)
"""A dependency of routes that no job may use: decisions of people, and what other pipelines rely on."""


def name_of(services: Services, principal: Principal, project: TeamProject) -> str:
    """Who asks, for the record: the owner's name; for a job the name of the project's build service."""
    person = principal.kind in (PrincipalKind.OWNER, PrincipalKind.TOKEN)
    return services.site.owner if person else f"{project.name} Build Service"
