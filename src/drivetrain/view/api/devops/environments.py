"""Environments, what was deployed to them, and the pool that jobs run on.

https://learn.microsoft.com/rest/api/azure/devops/environments/environments
"""

from __future__ import annotations

import os
from typing import Annotated, Any

from fastapi import APIRouter, Query

from drivetrain.run.deployments.model import Deployment, Environment
from drivetrain.run.model import State
from drivetrain.run.predefined import guid
from drivetrain.view.api.devops.access import (
    LinksOf,
    Number,
    OwnerOnly,
    PrincipalOf,
    ProjectOf,
    ServicesOf,
    name_of,
)
from drivetrain.view.api.devops.bodies import Fields
from drivetrain.view.api.devops.build_shapes import POOL, QUEUE
from drivetrain.view.api.devops.builds import Document, Top
from drivetrain.view.api.devops.errors import UnknownError
from drivetrain.view.api.devops.links import Links, page_of, without_nothing
from drivetrain.view.api.devops.services import Services
from drivetrain.view.api.devops.shelf_items import owner_of
from drivetrain.view.api.devops.teams import TeamProject
from drivetrain.view.api.devops.words import record_result

router = APIRouter(prefix="/{project}/_apis/distributedtask", tags=["environments"])
pools = APIRouter(prefix="/_apis/distributedtask/pools", tags=["pools"])


def _shape(links: Links, project: TeamProject, each: Environment) -> dict[str, Any]:
    resources = [
        {"id": one.id, "name": one.name, "type": one.type or "undefined", "tags": list(one.tags)}
        for one in each.resources
    ]
    return without_nothing(
        {
            "id": each.id,
            "name": each.name,
            "description": each.description or None,
            "createdBy": links.identity(each.created_by),
            "createdOn": each.created_at,
            "lastModifiedBy": links.identity(each.created_by),
            "lastModifiedOn": each.created_at,
            "resources": resources,
            "project": {"id": project.id, "name": project.name},
        }
    )


def _all(services: Services, project: TeamProject) -> list[Environment]:
    """Those that the project's pipelines deploy to: its own, and the home's where it has none of that name."""
    known = services.site.environments.all()
    own = [each for each in known if each.project == owner_of(project)]
    names = {each.name.lower() for each in own}
    return [*own, *(each for each in known if not each.project and each.name.lower() not in names)]


def environment(services: Services, project: TeamProject, number: int) -> Environment:
    """One of the project's. Raises UnknownError."""
    for each in _all(services, project):
        if each.id == number:
            return each
    raise UnknownError(f"Environment with ID {number} does not exist.", "EnvironmentNotFoundException")


@router.get("/environments")
def list_environments(
    services: ServicesOf, project: ProjectOf, links: LinksOf, name: str = "", top: Top = 1000
) -> dict[str, Any]:
    """The project's environments."""
    found = [each for each in _all(services, project) if name.lower() in {"", each.name.lower()}]
    return page_of([_shape(links, project, each) for each in found[:top]])


@router.get("/environments/{number}")
def get_environment(services: ServicesOf, project: ProjectOf, links: LinksOf, number: Number) -> dict[str, Any]:
    """One of them."""
    return _shape(links, project, environment(services, project, number))


@router.post("/environments", dependencies=[OwnerOnly])
def add_environment(
    services: ServicesOf, principal: PrincipalOf, project: ProjectOf, links: LinksOf, body: Document
) -> dict[str, Any]:
    """Make one."""
    given, by = Fields(body), name_of(services, principal, project)
    made = services.site.environments.create(
        given.text("name").strip(), owner_of(project), description=given.text("description"), by=by
    )
    return _shape(links, project, made)


@router.delete("/environments/{number}", status_code=204, dependencies=[OwnerOnly])
def remove_environment(services: ServicesOf, project: ProjectOf, number: Number) -> None:
    """Forget it and its checks."""
    services.site.environments.delete(environment(services, project, number).id)


@router.get("/environments/{number}/environmentdeploymentrecords")
def records(
    services: ServicesOf,
    project: ProjectOf,
    links: LinksOf,
    number: Number,
    top: Annotated[int, Query(ge=0, le=1000)] = 25,
) -> dict[str, Any]:
    """What was deployed there, newest first."""
    found = services.site.environments.history(environment(services, project, number).id, top)
    return page_of([_record(links, project, place, each) for place, each in enumerate(found)])


def _record(links: Links, project: TeamProject, place: int, each: Deployment) -> dict[str, Any]:
    def owner(number: int, name: str, here: str) -> dict[str, Any]:
        links_of = {"self": {"href": links.api(here, project)}, "web": {"href": links.page(f"runs/{each.run_id}")}}
        return {"id": number, "name": name, "_links": links_of}

    identifier = ".".join((each.stage, each.job, str(each.attempt)))
    return without_nothing(
        {
            "id": each.run_id * 1000 + place,
            "requestIdentifier": identifier,
            "environmentId": each.environment_id,
            "scopeId": project.id,
            "planType": "Build",
            "planId": guid("plan", each.run_id),
            "stageName": each.stage,
            "jobName": each.display_name or each.job,
            "stageAttempt": each.attempt,
            "jobAttempt": 1,
            "definition": owner(project.definition, each.pipeline, f"build/Definitions/{project.definition}"),
            "owner": owner(each.run_id, each.number, f"build/Builds/{each.run_id}"),
            "result": record_result(each.result) if each.state is State.COMPLETED else None,
            "queueTime": each.started_at,
            "startTime": each.started_at,
            "finishTime": each.finished_at,
        }
    )


# The pool: every job runs on this machine.


def _pool() -> dict[str, Any]:
    return {**POOL, "poolType": "automation", "size": 1, "isLegacy": False, "autoProvision": True}


@pools.get("")
def list_pools(principal: PrincipalOf, poolName: str = "") -> dict[str, Any]:  # noqa: N803 - a query
    """The only one."""
    del principal
    return page_of([_pool()] if poolName.lower() in {"", QUEUE["name"].lower()} else [])


@pools.get("/{number}")
def get_pool(principal: PrincipalOf, number: Number) -> dict[str, Any]:
    """It, by its number."""
    del principal
    if number != QUEUE["id"]:
        raise UnknownError(f"Pool {number} does not exist.", "TaskAgentPoolNotFoundException")
    return _pool()


@pools.get("/{number}/agents")
def list_agents(principal: PrincipalOf, number: Number) -> dict[str, Any]:
    """This machine."""
    get_pool(principal, number)
    system = os.uname()
    words = {
        "osDescription": f"{system.sysname} {system.release}",
        "version": "4.0.0",
        "provisioningState": "Provisioned",
    }
    return page_of([{"id": 1, "name": system.nodename, "enabled": True, "status": "online", **words}])


def _queue(project: TeamProject) -> dict[str, Any]:
    return {**QUEUE, "projectId": project.id}


@router.get("/queues")
def list_queues(project: ProjectOf, queueName: str = "", queueNames: str = "") -> dict[str, Any]:  # noqa: N803
    """The pool, as the project sees it."""
    wanted = {each.strip().lower() for each in f"{queueName},{queueNames}".split(",") if each.strip()}
    return page_of([_queue(project)] if not wanted or QUEUE["name"].lower() in wanted else [])


@router.get("/queues/{number}")
def get_queue(project: ProjectOf, number: Number) -> dict[str, Any]:
    """It, by its number."""
    if number != QUEUE["id"]:
        raise UnknownError(f"Queue {number} does not exist.", "TaskAgentQueueNotFoundException")
    return _queue(project)
