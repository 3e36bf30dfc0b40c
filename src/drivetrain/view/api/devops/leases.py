"""Retention leases: who keeps a run, and until when.

https://learn.microsoft.com/rest/api/azure/devops/build/leases
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query

from drivetrain.errors import UserError
from drivetrain.record.retention.model import Lease
from drivetrain.view.api.devops.access import (
    Number,
    PrincipalOf,
    ProjectOf,
    RunOf,
    ServicesOf,
    name_of,
    no_build,
    run_in,
)
from drivetrain.view.api.devops.bodies import MOST, Fields
from drivetrain.view.api.devops.errors import UnknownError
from drivetrain.view.api.devops.links import page_of
from drivetrain.view.api.devops.services import Services
from drivetrain.view.api.devops.teams import TeamProject

router = APIRouter(prefix="/{project}/_apis/build", tags=["leases"])
LONGEST = 36_500
NEVER = "9999-12-31T23:59:59.999Z"


def _shape(project: TeamProject, lease: Lease) -> dict[str, Any]:
    return {
        "leaseId": lease.id,
        "ownerId": lease.reason or f"User:{lease.by}",
        "runId": lease.run_id,
        "definitionId": project.definition,
        "createdOn": lease.created_at,
        "validUntil": lease.until or NEVER,
        "protectPipeline": False,
    }


def _leases(services: Services, project: TeamProject) -> list[Lease]:
    """Those on runs of the project."""
    return [each for each in services.site.retention.every_lease() if run_in(services, project, each.run_id)]


@router.get("/builds/{build}/leases")
def of_build(services: ServicesOf, project: ProjectOf, run: RunOf) -> dict[str, Any]:
    """Those on one run."""
    return page_of([_shape(project, each) for each in services.site.retention.leases(run.id)])


@router.get("/retention/leases")
def find(
    services: ServicesOf,
    project: ProjectOf,
    ownerId: str = "",  # noqa: N803 - a query
    runId: Annotated[int | None, Query(ge=0, le=MOST)] = None,  # noqa: N803 - a query
) -> dict[str, Any]:
    """Those of an owner, on a run, or all."""
    found = [_shape(project, each) for each in _leases(services, project) if runId in {None, each.run_id}]
    return page_of([each for each in found if ownerId in {"", each["ownerId"]}])


@router.get("/retention/leases/{lease}")
def get(services: ServicesOf, project: ProjectOf, lease: Number) -> dict[str, Any]:
    """One of them."""
    return _shape(project, _find(services, project, lease))


def _find(services: Services, project: TeamProject, number: int) -> Lease:
    for each in _leases(services, project):
        if each.id == number:
            return each
    raise UnknownError(f"Lease {number} could not be found.", "RetentionLeaseNotFoundException")


@router.post("/retention/leases")
def add(
    services: ServicesOf,
    principal: PrincipalOf,
    project: ProjectOf,
    body: Annotated[list[dict[str, Any]], Body()],
) -> dict[str, Any]:
    """Keep runs, each for some days (`daysValid`)."""
    by = name_of(services, principal, project)
    wanted = [_wish(services, project, Fields(each)) for each in body]
    made = [services.site.retention.keep(run, reason=owner, by=by, days=days) for run, owner, days in wanted]
    return page_of([_shape(project, each) for each in made])


def _wish(services: Services, project: TeamProject, given: Fields) -> tuple[int, str, int]:
    run, owner = given.number("runId"), given.text("ownerId")
    if run_in(services, project, run) is None:
        raise no_build(run)
    return run, owner, _days(given.number("daysValid"))


def _days(days: int) -> int:
    if not 0 < days <= LONGEST:
        raise UserError(f"daysValid is {days}", hint=f"1 to {LONGEST}")
    return days


@router.patch("/retention/leases/{lease}")
def change(
    services: ServicesOf, project: ProjectOf, lease: Number, body: Annotated[dict[str, Any], Body()]
) -> dict[str, Any]:
    """Keep the run for so many days from now; the lease gets a new number."""
    found = _find(services, project, lease)
    days = _days(Fields(body).number("daysValid"))
    made = services.site.retention.keep(found.run_id, reason=found.reason, by=found.by, days=days)
    services.site.retention.end_lease(lease)
    return _shape(project, made)


@router.delete("/retention/leases", status_code=204)
def remove(services: ServicesOf, project: ProjectOf, ids: str) -> None:
    """Take leases away, by their numbers with commas."""
    numbers = [each.strip() for each in ids.split(",") if each.strip()]
    if not all(each.isdecimal() and len(each) < len(str(MOST)) for each in numbers):
        raise UserError("ids is not a list of numbers", hint="such as ids=1,2")
    for lease in [_find(services, project, int(each)) for each in numbers]:
        services.site.retention.end_lease(lease.id)
