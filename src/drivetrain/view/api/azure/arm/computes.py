"""Computes: where jobs of Azure ML run, here a bound on how many of them run at once."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from msgspec.structs import replace

from drivetrain.errors import ConflictError, NotFoundError
from drivetrain.registry import names
from drivetrain.registry.model import Asset, AssetKind, Workspace
from drivetrain.view.api.azure.access import EdgeOf, PrincipalOf, WorkspaceOf
from drivetrain.view.api.azure.arm.bodies import BodyOf, merged, object_at
from drivetrain.view.api.azure.arm.compute_shape import CLUSTER, DEFAULTS, INSTANCE, compute_body, compute_shown
from drivetrain.view.api.azure.arm.paging import PagingOf
from drivetrain.view.api.azure.arm.sizes import SIZES, size_shown
from drivetrain.view.api.azure.edge import Edge

router = APIRouter(prefix="/computes", tags=["computes"])
sizes = APIRouter(tags=["computes"])
_OURS = "drivetrain"


def computes_of(edge: Edge, workspace: Workspace) -> list[Asset]:
    """The computes of a workspace, and the ones it has from the start."""
    found = {each.name: each for each in edge.assets.names(workspace.id, AssetKind.COMPUTE)}
    for name in DEFAULTS:
        found.setdefault(name, _default(workspace, name))
    return [found[name] for name in sorted(found)]


def compute_of(edge: Edge, workspace: Workspace, name: str) -> Asset:
    """One compute. Raises NotFoundError."""
    try:
        return edge.assets.get(workspace.id, AssetKind.COMPUTE, name)
    except NotFoundError:
        if name in DEFAULTS:
            return _default(workspace, name)
        known = ", ".join(each.name for each in computes_of(edge, workspace))
        hint = f"create it first, or use one of these: {known}"
        raise NotFoundError(f"there is no compute '{name[:80]}' in {workspace.name}", hint=hint) from None


def _default(workspace: Workspace, name: str) -> Asset:
    body = compute_body({"properties": DEFAULTS[name]})
    at = workspace.created_at
    return Asset(workspace.id, AssetKind.COMPUTE, name, "", body, "", False, at, _OURS, at, _OURS)


@router.get("")
def list_all(edge: EdgeOf, workspace: WorkspaceOf, paging: PagingOf) -> Any:
    """Every compute."""
    return paging.of(computes_of(edge, workspace), lambda each: compute_shown(workspace, each, edge.address))


@router.get("/{name}")
def get(edge: EdgeOf, workspace: WorkspaceOf, name: str) -> Any:
    """One compute."""
    return compute_shown(workspace, compute_of(edge, workspace, name), edge.address)


@router.put("/{name}")
def put(edge: EdgeOf, workspace: WorkspaceOf, who: PrincipalOf, name: str, body: BodyOf) -> Any:
    """Make it, or change its size and scale; its type stays."""
    names.checked("compute", names.COMPUTE, name)
    kept = compute_body(body)
    wanted = Asset(workspace.id, AssetKind.COMPUTE, name, "", kept)
    try:
        before = edge.assets.get(workspace.id, AssetKind.COMPUTE, name).body["properties"]["computeType"]
    except NotFoundError:
        before = kept["properties"]["computeType"]
    if before != kept["properties"]["computeType"]:
        raise ConflictError(f"'{name}' is a {before} already", hint="delete it first, or take another name")
    return compute_shown(workspace, edge.assets.put(wanted, by=who.name), edge.address)


@router.patch("/{name}")
def patch(edge: EdgeOf, workspace: WorkspaceOf, who: PrincipalOf, name: str, body: BodyOf) -> Any:
    """Change its scale."""
    there = compute_of(edge, workspace, name)
    asked = object_at(body, "properties")
    change = asked if "properties" in asked else {"properties": asked}
    return put(edge, workspace, who, name, merged(there.body, {"properties": change}))


@router.delete("/{name}")
def delete(edge: EdgeOf, workspace: WorkspaceOf, name: str) -> Response:
    """Forget it."""
    compute_of(edge, workspace, name)
    if name in DEFAULTS:
        raise ConflictError(f"'{name}' belongs to every workspace and cannot be deleted")
    edge.assets.delete(workspace.id, AssetKind.COMPUTE, name)
    return Response(status_code=200)


@router.post("/{name}/start")
@router.post("/{name}/restart")
def start(edge: EdgeOf, workspace: WorkspaceOf, who: PrincipalOf, name: str) -> Response:
    """Say that a compute instance runs."""
    return _state(edge, workspace, who.name, name, "Running")


@router.post("/{name}/stop")
def stop(edge: EdgeOf, workspace: WorkspaceOf, who: PrincipalOf, name: str) -> Response:
    """Say that a compute instance is stopped."""
    return _state(edge, workspace, who.name, name, "Stopped")


def _state(edge: Edge, workspace: Workspace, by: str, name: str, state: str) -> Response:
    there = compute_of(edge, workspace, name)
    if there.body["properties"]["computeType"] != INSTANCE:
        raise ConflictError(f"'{name}' is a cluster: it starts and stops by itself")
    change = {"properties": {"properties": {"state": state}}}
    edge.assets.put(replace(there, body=merged(there.body, change)), by=by)
    return Response(status_code=202)  # the one that clients take; without a Location there is nothing to wait for


@router.post("/{name}/listNodes")
def nodes(edge: EdgeOf, workspace: WorkspaceOf, name: str) -> Any:
    """The nodes of a cluster: none stands idle here."""
    if compute_of(edge, workspace, name).body["properties"]["computeType"] != CLUSTER:
        raise ConflictError(f"'{name}' is no cluster: it has no nodes")
    return {"nodes": [], "nextLink": None}


@router.post("/{name}/listKeys")
def keys(edge: EdgeOf, workspace: WorkspaceOf, name: str) -> Any:
    """The keys of a compute: there are none."""
    found = compute_of(edge, workspace, name)
    return {"computeType": found.body["properties"]["computeType"]}


_PLACE = "/subscriptions/{subscription}/providers/Microsoft.MachineLearningServices/locations/{location}"


@sizes.get(f"{_PLACE}/vmSizes")
def list_sizes() -> Any:
    """Sizes of machines: names that files of real projects use, with what Azure's machines of that name have."""
    found = [size_shown(size) for size in SIZES]
    return {"value": found, "amlCompute": found}


@sizes.get(f"{_PLACE}/usages")
def usages(subscription: str, location: str) -> Any:
    """How much of a quota is used: there is none."""
    del subscription, location
    return {"value": []}
