"""Resources as Azure Resource Manager shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drivetrain.registry.model import PROVIDER
from drivetrain.view.api.azure.arm.sealing import SEALED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.registry.model import Asset, Workspace


def system_data(created_at: str, created_by: str, updated_at: str = "", updated_by: str = "") -> dict[str, str]:
    """Who made it and who changed it last.

    https://learn.microsoft.com/azure/azure-resource-manager/management/resource-providers-and-types
    """
    return {
        "createdAt": created_at,
        "createdBy": created_by,
        "createdByType": "User",
        "lastModifiedAt": updated_at or created_at,
        "lastModifiedBy": updated_by or created_by,
        "lastModifiedByType": "User",
    }


def described(
    workspace: Workspace, path: str, body: Mapping[str, Any], properties: Mapping[str, Any], system: Mapping[str, str]
) -> dict[str, Any]:
    """The resource at a path below its workspace, such as `data/N/versions/V`."""
    parts = path.split("/")
    return {
        **{key: value for key, value in body.items() if key not in ("properties", SEALED)},
        "id": f"{workspace.path}/{path}",
        "name": parts[-1],
        "type": "/".join((PROVIDER, "workspaces", *parts[::2])),
        "systemData": dict(system),
        "properties": dict(properties),
    }


def shown(workspace: Workspace, path: str, asset: Asset, **more: Any) -> dict[str, Any]:
    """An asset at a path below its workspace, with more properties than it was given."""
    properties = {**asset.body.get("properties", {}), **more}
    return described(workspace, path, asset.body, properties, system_of(asset))


def system_of(asset: Asset) -> dict[str, str]:
    """Who made and changed an asset."""
    return system_data(asset.created_at, asset.created_by, asset.updated_at, asset.updated_by)
