"""Schedules: made, read, switched on and off, deleted, fired by hand.

https://learn.microsoft.com/rest/api/azureml/schedules
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from starlette.concurrency import run_in_threadpool

from drivetrain.clock import parse_timestamp
from drivetrain.errors import NotFoundError, UserError
from drivetrain.registry import names
from drivetrain.registry.model import Asset, AssetKind, Workspace
from drivetrain.run.azureml.ports import Due
from drivetrain.view.api.azure.access import EdgeOf, PrincipalOf, WorkspaceOf
from drivetrain.view.api.azure.arm.bodies import BodyOf, object_at
from drivetrain.view.api.azure.arm.operations import accepted
from drivetrain.view.api.azure.arm.shapes import shown
from drivetrain.view.api.azure.edge import Edge
from drivetrain.view.api.azure.schedules.firing import fire
from drivetrain.view.api.azure.schedules.model import first_due, of_asset, read_schedule

router = APIRouter(prefix="/schedules", tags=["schedules"])
LONGEST = 200
"""Of a name: the jobs are called so, with a time."""
_WORKED_OUT = ("provisioningState",)


class View(StrEnum):
    """Which schedules a list has."""

    ENABLED = "EnabledOnly"
    DISABLED = "DisabledOnly"
    ALL = "All"


def _name(name: str) -> str:
    if len(name) > LONGEST or "." in name:
        raise UserError(f"'{name[:80]}' is no name for a schedule: letters, digits, - and _, at most {LONGEST}")
    return names.checked("schedule", names.ASSET, name)


NameOf = Annotated[str, Depends(_name)]


def _shown(workspace: Workspace, asset: Asset) -> dict[str, Any]:
    return shown(workspace, f"schedules/{asset.name}", asset, provisioningState="Succeeded")


def _enabled(asset: Asset) -> bool:
    return object_at(asset.body, "properties").get("isEnabled") is not False


@router.get("")
def list_all(
    edge: EdgeOf, workspace: WorkspaceOf, view: Annotated[View, Query(alias="listViewType")] = View.ENABLED
) -> Any:
    """The schedules of the workspace."""
    found = edge.assets.names(workspace.id, AssetKind.SCHEDULE)
    wanted = [each for each in found if view is View.ALL or _enabled(each) is (view is View.ENABLED)]
    return {"value": [_shown(workspace, each) for each in wanted]}


@router.get("/{name}")
def get(edge: EdgeOf, workspace: WorkspaceOf, name: NameOf) -> Any:
    """One schedule."""
    return _shown(workspace, edge.assets.get(workspace.id, AssetKind.SCHEDULE, name))


@router.put("/{name}")
def put(edge: EdgeOf, workspace: WorkspaceOf, who: PrincipalOf, name: NameOf, body: BodyOf) -> Any:
    """Make it or change it, and set when it is due. Raises UserError."""
    now = edge.clock.now()
    given = {key: value for key, value in object_at(body, "properties").items() if key not in _WORKED_OUT}
    new = _is_new(edge, workspace, name)
    schedule = read_schedule(given, now)
    properties = {**given, "isEnabled": schedule.enabled}
    asset = edge.assets.put(Asset(workspace.id, AssetKind.SCHEDULE, name, "", {"properties": properties}), by=who.name)
    due = first_due(of_asset(asset), asset, now, new=new)
    if due is None:
        edge.schedule_times.delete(workspace.id, name)
    else:
        edge.schedule_times.put(Due(workspace.id, name, due))
    edge.schedules_changed()
    return accepted(edge, workspace, _shown(workspace, asset), new=new)


def _is_new(edge: Edge, workspace: Workspace, name: str) -> bool:
    try:
        edge.assets.get(workspace.id, AssetKind.SCHEDULE, name)
    except NotFoundError:
        return True
    return False


@router.delete("/{name}")
def delete(edge: EdgeOf, workspace: WorkspaceOf, name: NameOf) -> Response:
    """Forget it; jobs that it has made go on."""
    edge.assets.delete(workspace.id, AssetKind.SCHEDULE, name)
    edge.schedule_times.delete(workspace.id, name)
    return Response(status_code=200)


@router.post("/{name}/trigger")
async def trigger(edge: EdgeOf, workspace: WorkspaceOf, who: PrincipalOf, name: NameOf, body: BodyOf) -> Any:
    """Make its job now, whether it is enabled or not. Raises UserError, ConflictError when that time has had one."""
    asset = await run_in_threadpool(edge.assets.get, workspace.id, AssetKind.SCHEDULE, name)
    job = await fire(edge, workspace, who, asset, _moment(body, edge.clock.now()))
    return {"scheduleActionType": "CreateJob", "submissionId": job}


def _moment(body: dict[str, Any], now: datetime) -> datetime:
    text = body.get("scheduleTime")
    if text is None:
        return now
    try:
        return parse_timestamp(str(text)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UserError("scheduleTime must be a moment such as 2026-05-10T10:15:00Z") from error
