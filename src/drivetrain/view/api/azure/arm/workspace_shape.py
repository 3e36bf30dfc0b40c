"""A workspace as clients read it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from drivetrain.registry.model import PROVIDER
from drivetrain.view.api.azure.arm.shapes import system_data

if TYPE_CHECKING:
    from drivetrain.registry.model import Workspace

LOCATION = "local"
_DERIVED = ("workspaceId", "discoveryUrl", "mlFlowTrackingUri", "provisioningState", "creationTime", "notebookInfo")
"""Properties that are ours to say, whatever a client sends back."""


def workspace_body(workspace: Workspace, address: str, tenant: str, account: str) -> dict[str, Any]:
    """The body of `GET {workspace}`. https://learn.microsoft.com/rest/api/azureml/workspaces/get"""
    given = workspace.body.get("properties", {})
    properties = {
        **_defaults(workspace, account),
        **{key: value for key, value in given.items() if key not in _DERIVED},
    }
    return {
        "id": workspace.path,
        "name": workspace.name,
        "type": f"{PROVIDER}/workspaces",
        "location": workspace.body.get("location") or LOCATION,
        "tags": workspace.body.get("tags", {}),
        "kind": workspace.body.get("kind") or "Default",
        "etag": None,
        "identity": {
            "type": "SystemAssigned",
            **workspace.body.get("identity", {}),
            "principalId": workspace.id,
            "tenantId": tenant,
        },
        "sku": {"name": "Basic", "tier": "Basic"},
        "systemData": system_data(workspace.created_at, workspace.created_by),
        "properties": {**properties, **_derived(workspace, address, tenant)},
    }


def storage_account(workspace: Workspace, account: str) -> str:
    """The id of the storage account of this name, which stands behind a workspace."""
    return f"{_group(workspace)}/Microsoft.Storage/storageAccounts/{account}"


def _group(workspace: Workspace) -> str:
    return f"/subscriptions/{workspace.subscription}/resourceGroups/{workspace.resource_group}/providers"


def _defaults(workspace: Workspace, account: str) -> dict[str, Any]:
    group = _group(workspace)
    short = hashlib.sha256(workspace.id.encode()).hexdigest()[:10]
    return {
        "friendlyName": workspace.name,
        "description": "",
        "storageAccount": storage_account(workspace, account),
        "keyVault": f"{group}/Microsoft.KeyVault/vaults/kv{short}",
        "applicationInsights": f"{group}/Microsoft.Insights/components/ai{short}",
        "containerRegistry": None,
        "hbiWorkspace": False,
        "publicNetworkAccess": "Enabled",
        "imageBuildCompute": None,
        "allowPublicAccessWhenBehindVnet": False,
        "v1LegacyMode": False,
        "storageHnsEnabled": False,
        "systemDatastoresAuthMode": "accessKey",
        "privateEndpointConnections": [],
        "sharedPrivateLinkResources": [],
        "enableDataIsolation": False,
    }


def _derived(workspace: Workspace, address: str, tenant: str) -> dict[str, Any]:
    host = address.partition("://")[2]
    return {
        "workspaceId": workspace.id,
        "tenantId": tenant,
        "provisioningState": "Succeeded",
        "creationTime": workspace.created_at,
        "discoveryUrl": f"{address}/discovery",
        "mlFlowTrackingUri": f"azureml://{host}/mlflow/v1.0{workspace.path}",
        "notebookInfo": {"fqdn": host, "resourceId": workspace.id, "notebookPreparationError": None},
    }
