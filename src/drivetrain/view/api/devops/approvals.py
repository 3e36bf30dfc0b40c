"""Approvals: what waits for a decision, deciding it; the checks of a resource.

https://learn.microsoft.com/rest/api/azure/devops/approvalsandchecks/approvals
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query

from drivetrain.errors import UserError
from drivetrain.plan.model import ResourceKind
from drivetrain.run.checks.kinds import title
from drivetrain.run.checks.model import Approval, ApprovalState, Check, Resource
from drivetrain.run.predefined import guid
from drivetrain.view.api.devops.access import (
    LinksOf,
    Number,
    OwnerOnly,
    ProjectOf,
    ServicesOf,
    run_in,
)
from drivetrain.view.api.devops.approval_ids import approval_id, numbers_of
from drivetrain.view.api.devops.bodies import MOST, Fields
from drivetrain.view.api.devops.environments import environment
from drivetrain.view.api.devops.errors import UnknownError
from drivetrain.view.api.devops.links import Links, page_of, segment, without_nothing
from drivetrain.view.api.devops.services import Services
from drivetrain.view.api.devops.shelf_items import owner_of
from drivetrain.view.api.devops.teams import TeamProject
from drivetrain.view.ports import Answer

router = APIRouter(prefix="/{project}/_apis/pipelines", tags=["approvals"])
_STATES = {
    ApprovalState.PENDING: "pending",
    ApprovalState.APPROVED: "approved",
    ApprovalState.REJECTED: "rejected",
    ApprovalState.TIMED_OUT: "timedOut",
    ApprovalState.OVER: "canceled",
}
_ANSWERS = {"approved": True, "rejected": False}


def _shape(services: Services, links: Links, project: TeamProject, each: Approval) -> dict[str, Any]:
    own, run = approval_id(each), run_in(services, project, each.run_id)
    build = {"id": each.run_id, "name": run.number if run else "", "pipeline": project.name}
    return without_nothing(
        {
            "id": own,
            "steps": _steps(links, each),
            "status": _STATES[each.state],
            "createdOn": each.created_at,
            "lastModifiedOn": max([each.created_at, each.finished_at, *(one.at for one in each.decisions)]),
            "executionOrder": "inSequence" if each.in_order else "anyOrder",
            "minRequiredApprovers": each.needed,
            "blockedApprovers": [],
            "instructions": each.instructions,
            "pipeline": {
                "owner": {"id": build["id"], "name": build["name"]},
                "id": str(project.definition),
                "name": build["pipeline"],
            },
            "_links": {"self": {"href": links.api(f"pipelines/approvals/{own}", project)}},
        }
    )


def _steps(links: Links, each: Approval) -> list[dict[str, Any]]:
    said = {one.by.casefold(): one for one in each.decisions}
    names = [*each.approvers, *(one.by for one in each.decisions if one.by not in each.approvers)]
    found = []
    for order, name in enumerate(names or [""], 1):
        answer = said.get(name.casefold())
        status = ("approved" if answer.approve else "rejected") if answer else _STATES[each.state]
        found.append(
            without_nothing(
                {
                    "assignedApprover": links.identity(name or "anybody"),
                    "actualApprover": links.identity(answer.by) if answer else None,
                    "status": status,
                    "comment": answer.comment if answer else None,
                    "initiatedOn": each.created_at,
                    "lastModifiedOn": answer.at if answer else each.created_at,
                    "order": order,
                }
            )
        )
    return found


def _waiting(services: Services, project: TeamProject) -> list[Approval]:
    found = [each.approval for each in services.site.desk.waiting()]
    return [each for each in found if run_in(services, project, each.run_id)]


def _find(services: Services, project: TeamProject, wanted: str) -> Approval:
    numbers = numbers_of(wanted)
    if numbers is not None and numbers[0] <= MOST and run_in(services, project, numbers[0]):
        for each in services.site.desk.of_run(numbers[0]).approvals:
            if each.id == numbers[1]:
                return each
    raise UnknownError(f"Approval with ID {wanted} does not exist.", "ApprovalNotFoundException")


@router.get("/approvals")
def list_approvals(
    services: ServicesOf,
    project: ProjectOf,
    links: LinksOf,
    approvalIds: str = "",  # noqa: N803 - a query
    userIds: str = "",  # noqa: N803 - a query
    state: str = "",
    top: Annotated[int, Query(ge=0, le=MOST)] = 1000,
) -> dict[str, Any]:
    """Those with these ids, else all that wait in the project; of a user, by name or id."""
    ids = [each.strip() for each in approvalIds.split(",") if each.strip()]
    found = [_find(services, project, each) for each in ids] if ids else _waiting(services, project)
    users = {each.strip().lower() for each in userIds.split(",") if each.strip()}
    shown = [
        each
        for each in found
        if state.lower() in {"", "all", _STATES[each.state].lower()} and (not users or users & _people(each))
    ]
    return page_of([_shape(services, links, project, each) for each in shown[:top]])


def _people(each: Approval) -> set[str]:
    return {name.lower() for name in each.approvers} | {guid("identity", name) for name in each.approvers}


@router.get("/approvals/{approval}")
def get_approval(services: ServicesOf, project: ProjectOf, links: LinksOf, approval: str) -> dict[str, Any]:
    """One of them."""
    return _shape(services, links, project, _find(services, project, approval))


@router.patch("/approvals", dependencies=[OwnerOnly])
def decide(
    services: ServicesOf, project: ProjectOf, links: LinksOf, body: Annotated[list[dict[str, Any]], Body()]
) -> dict[str, Any]:
    """Approve or reject (`status`), with a `comment`: as the owner, whose name has to be among the approvers."""
    wanted = [(_find(services, project, given.text("approvalId")), given) for given in map(Fields, body)]
    answers = [(each, _answer(services, each, given)) for each, given in wanted]
    for each, answer in answers:
        services.site.desk.decide(each.run_id, answer)
    found = [_find(services, project, approval_id(each)) for each, _ in wanted]
    return page_of([_shape(services, links, project, each) for each in found])


def _answer(services: Services, approval: Approval, given: Fields) -> Answer:
    status = given.text("status").lower()
    if status not in _ANSWERS:
        raise UserError(f"an approval cannot be made {status!r}", hint="approved or rejected")
    owner = services.site.owner
    return Answer(_ANSWERS[status], owner, given.text("comment"), approval=approval.id, acting=owner)


# Checks.

_KINDS = {
    "environment": ResourceKind.ENVIRONMENT,
    "variablegroup": ResourceKind.VARIABLE_GROUP,
    "endpoint": ResourceKind.SERVICE_CONNECTION,
    "securefile": ResourceKind.SECURE_FILE,
}


def _check(links: Links, project: TeamProject, check: Check, number: str) -> dict[str, Any]:
    return {
        "id": check.id,
        "type": {"id": guid("check", check.type), "name": title(check.type)},
        "settings": dict(check.settings),
        "timeout": check.settings.get("timeout", 43200),
        "createdBy": links.identity(check.created_by),
        "createdOn": check.created_at,
        "modifiedBy": links.identity(check.created_by),
        "modifiedOn": check.created_at,
        "resource": {"type": str(check.resource.kind), "id": number, "name": check.resource.name},
        "url": links.api(f"pipelines/checks/configurations/{check.id}", project),
    }


@router.get("/checks/configurations")
def list_checks(
    services: ServicesOf,
    project: ProjectOf,
    links: LinksOf,
    resourceType: str = "",  # noqa: N803 - a query
    resourceId: str = "",  # noqa: N803 - a query
) -> dict[str, Any]:
    """The checks of a resource: of an environment by its number or name, of anything else by its name."""
    kind = _KINDS.get(resourceType.lower())
    if kind is None:
        raise UserError(f"{resourceType!r} is no type of resource", hint=", ".join(_KINDS))
    name = resourceId
    if kind is ResourceKind.ENVIRONMENT and resourceId.isdecimal() and len(resourceId) < len(str(MOST)):
        name = environment(services, project, int(resourceId)).name
    found = [
        check
        for owner in dict.fromkeys((owner_of(project), ""))
        for check in services.site.desk.checks(Resource(kind, name, owner))
    ]
    return page_of([_check(links, project, each, resourceId) for each in found])


@router.get("/checks/configurations/{number}")
def get_check(services: ServicesOf, project: ProjectOf, links: LinksOf, number: Number) -> dict[str, Any]:
    """One of them."""
    for each in services.site.desk.checks():
        if each.id == number and each.resource.project in {"", owner_of(project)}:
            return _check(links, project, each, segment(each.resource.name))
    raise UnknownError(f"Check configuration {number} does not exist.", "CheckConfigurationNotFoundException")
