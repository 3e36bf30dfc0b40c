"""Models: containers and versions, which are MLflow's registered models and their versions."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Response

from drivetrain.view.api.azure.access import EdgeOf, PrincipalOf, WorkspaceOf
from drivetrain.view.api.azure.arm.bodies import BodyOf, object_at
from drivetrain.view.api.azure.arm.model_registry import ModelRegistry
from drivetrain.view.api.azure.arm.model_shape import wanted
from drivetrain.view.api.azure.arm.names import NameOf, VersionOf
from drivetrain.view.api.azure.arm.paging import PagingOf
from drivetrain.view.api.azure.arm.uploads import pending_upload

router = APIRouter(prefix="/models", tags=["models"])
alone = asyncio.Lock()
"""Held by whoever registers a model."""


@router.get("")
async def list_names(edge: EdgeOf, workspace: WorkspaceOf, who: PrincipalOf, paging: PagingOf) -> Any:
    """Every model."""
    kept = ModelRegistry(edge, workspace, who, alone)
    found = [each for each in await kept.names() if paging.view.holds(archived=each.archived)]
    return paging.of(found, kept.show_name)


@router.get("/{name}")
async def get_name(edge: EdgeOf, workspace: WorkspaceOf, who: PrincipalOf, name: NameOf) -> Any:
    """One model."""
    kept = ModelRegistry(edge, workspace, who, alone)
    return kept.show_name(await kept.name(name))


@router.put("/{name}")
async def put_name(edge: EdgeOf, workspace: WorkspaceOf, who: PrincipalOf, name: NameOf, body: BodyOf) -> Any:
    """Describe it."""
    kept = ModelRegistry(edge, workspace, who, alone)
    archived = object_at(body, "properties").get("isArchived")
    found = await kept.describe(name, wanted(body, who.name), archived=archived if isinstance(archived, bool) else None)
    return kept.show_name(found)


@router.delete("/{name}")
async def delete_name(edge: EdgeOf, workspace: WorkspaceOf, who: PrincipalOf, name: NameOf) -> Response:
    """Forget it."""
    await ModelRegistry(edge, workspace, who, alone).delete(name)
    return Response(status_code=200)


@router.get("/{name}/versions")
async def list_versions(edge: EdgeOf, workspace: WorkspaceOf, who: PrincipalOf, paging: PagingOf, name: NameOf) -> Any:
    """Every version, the newest first."""
    kept = ModelRegistry(edge, workspace, who, alone)
    found = [each for each in (await kept.name(name)).versions if paging.view.holds(archived=each.record.archived)]
    if paging.order and not paging.order.lower().endswith("desc"):
        found.reverse()
    page = paging.of(found, lambda each: {"model": each})
    return {**page, "value": [await kept.show(each["model"]) for each in page["value"]]}


@router.get("/{name}/versions/{version}")
async def get_version(edge: EdgeOf, workspace: WorkspaceOf, who: PrincipalOf, name: NameOf, version: VersionOf) -> Any:
    """One version."""
    kept = ModelRegistry(edge, workspace, who, alone)
    return await kept.show(await kept.version(name, version))


@router.put("/{name}/versions/{version}")
async def put_version(
    edge: EdgeOf,
    workspace: WorkspaceOf,
    who: PrincipalOf,
    response: Response,
    name: NameOf,
    version: VersionOf,
    body: BodyOf,
) -> Any:
    """Register it, or change what may be changed."""
    kept = ModelRegistry(edge, workspace, who, alone)
    made, new = await kept.make(name, version, wanted(body, who.name))
    response.status_code = 201 if new else 200
    return await kept.show(made)


@router.delete("/{name}/versions/{version}")
async def delete_version(
    edge: EdgeOf, workspace: WorkspaceOf, who: PrincipalOf, name: NameOf, version: VersionOf
) -> Response:
    """Forget it."""
    await ModelRegistry(edge, workspace, who, alone).delete(name, version)
    return Response(status_code=200)


@router.post("/{name}/versions/{version}/startPendingUpload")
def start_pending_upload(edge: EdgeOf, workspace: WorkspaceOf, name: NameOf, version: VersionOf) -> Any:
    """Where to put its files."""
    del name, version
    return pending_upload(edge, workspace)
