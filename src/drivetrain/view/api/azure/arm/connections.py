"""Connections of a workspace: where other services are, and what opens them, sealed.

https://learn.microsoft.com/rest/api/azureml/workspace-connections
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from drivetrain.errors import UserError
from drivetrain.registry import names
from drivetrain.registry.model import Asset, AssetKind, Workspace
from drivetrain.view.api.azure.access import EdgeOf, PrincipalOf, WorkspaceOf
from drivetrain.view.api.azure.arm.bodies import BodyOf, checked_body, merged, object_at, text_at
from drivetrain.view.api.azure.arm.paging import PagingOf
from drivetrain.view.api.azure.arm.sealing import SEALED, secrets_of, with_secrets
from drivetrain.view.api.azure.arm.shapes import shown

router = APIRouter(prefix="/connections", tags=["connections"])


def _shown(workspace: Workspace, asset: Asset, **more: Any) -> dict[str, Any]:
    return shown(workspace, f"connections/{asset.name}", asset, **more)


@router.get("")
def list_all(edge: EdgeOf, workspace: WorkspaceOf, paging: PagingOf, category: str = "") -> Any:
    """Every connection, or those of a category."""
    found = edge.assets.names(workspace.id, AssetKind.CONNECTION)
    chosen = [each for each in found if not category or text_at(each.body, "properties", "category") == category]
    return paging.of(chosen, lambda each: _shown(workspace, each))


@router.get("/{name}")
def get(edge: EdgeOf, workspace: WorkspaceOf, name: str) -> Any:
    """One connection, without its secrets."""
    return _shown(workspace, edge.assets.get(workspace.id, AssetKind.CONNECTION, name))


@router.put("/{name}")
def put(edge: EdgeOf, workspace: WorkspaceOf, who: PrincipalOf, name: str, body: BodyOf) -> Any:
    """Make it, or say everything of it anew."""
    names.checked("connection", names.CONNECTION, name)
    kept = checked_body(body, ("metadata",))
    properties = kept["properties"]
    if not text_at(properties, "category"):
        raise UserError("a connection needs a category, such as Git or CustomKeys")
    text_at(properties, "target")
    properties["authType"] = text_at(properties, "authType") or "None"
    secrets = object_at(properties, "credentials")
    properties.pop("credentials", None)
    asset = Asset(workspace.id, AssetKind.CONNECTION, name, "", with_secrets(edge.vault, kept, secrets))
    return _shown(workspace, edge.assets.put(asset, by=who.name))


@router.patch("/{name}")
def patch(edge: EdgeOf, workspace: WorkspaceOf, who: PrincipalOf, name: str, body: BodyOf) -> Any:
    """Change some of it."""
    there = edge.assets.get(workspace.id, AssetKind.CONNECTION, name)
    whole = {key: value for key, value in there.body.items() if key != SEALED}
    secrets = {"properties": {"credentials": secrets_of(edge.vault, there)}}
    return put(edge, workspace, who, name, merged(merged(whole, secrets), body))


@router.delete("/{name}")
def delete(edge: EdgeOf, workspace: WorkspaceOf, name: str) -> Response:
    """Forget it."""
    edge.assets.delete(workspace.id, AssetKind.CONNECTION, name)
    return Response(status_code=200)


@router.post("/{name}/listsecrets")
@router.post("/{name}/listSecrets")
def list_secrets(edge: EdgeOf, workspace: WorkspaceOf, name: str) -> Any:
    """One connection with its secrets."""
    found = edge.assets.get(workspace.id, AssetKind.CONNECTION, name)
    return _shown(workspace, found, credentials=secrets_of(edge.vault, found) or None)
