"""Datastores as azureml-core registers and reads them: `/datastore/v1.0/{workspace}/...`. They are the same that Azure
Resource Manager lists.

The routes are those of azureml-core's `azureml/_restclient/operations/data_stores_operations.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Response
from fastapi import Query as Asked
from msgspec.structs import replace
from starlette.exceptions import HTTPException

from drivetrain.errors import ConflictError, UserError
from drivetrain.registry import names
from drivetrain.registry.model import Asset, AssetKind, Workspace
from drivetrain.view.api.azure.access import EdgeOf, PrincipalOf, WorkspaceOf
from drivetrain.view.api.azure.arm.bodies import merged
from drivetrain.view.api.azure.arm.datastores import BLOB_STORE, BUILT_IN, datastore_body, datastore_of, datastores_of
from drivetrain.view.api.azure.arm.sealing import secrets_of, with_secrets
from drivetrain.view.api.azure.documents import Document, mapping, text
from drivetrain.view.api.azure.edge import Edge

router = APIRouter(tags=["datastores"])
_TYPES = {"AzureBlob": "containerName", "AzureFile": "fileShareName"}
_CONFLICT = "Another datastore with the same name already exists but with different credentials: '{name}'"
"""azureml-core looks for words like these before it overwrites (`CONFLICT_MESSAGE` in `azureml/data`)."""


@router.get("/datastores")
def list_all(edge: EdgeOf, workspace: WorkspaceOf) -> Any:
    """Every datastore that these clients know the type of."""
    found = [each for each in datastores_of(edge, workspace) if _type(each) in _TYPES]
    return {"value": [_shown(edge, workspace, each) for each in found], "continuationToken": None}


@router.get("/datastores/{name}")
def get(edge: EdgeOf, workspace: WorkspaceOf, name: str) -> Any:
    """One of them, with what opens it."""
    return _shown(edge, workspace, datastore_of(edge, workspace, name))


@router.get("/default")
def default(edge: EdgeOf, workspace: WorkspaceOf) -> Any:
    """The one that is meant where none is named."""
    found = next(each for each in datastores_of(edge, workspace) if each.body["properties"].get("isDefault") is True)
    return _shown(edge, workspace, found)


@router.put("/default/{name}")
def set_default(edge: EdgeOf, workspace: WorkspaceOf, who: PrincipalOf, name: str) -> Any:
    """Let another one be meant."""
    found = datastore_of(edge, workspace, name)
    if name in BUILT_IN and name != BLOB_STORE:
        raise ConflictError(f"'{name}' cannot be the default: take {BLOB_STORE} or one that you registered")
    for each in edge.assets.names(workspace.id, AssetKind.DATASTORE):
        wanted = each.name == found.name
        if (each.body["properties"].get("isDefault") is True) is not wanted:
            body = merged(each.body, {"properties": {"isDefault": wanted}})
            edge.assets.put(replace(each, body=body), by=who.name)
    return {}


@router.post("/datastores")
def register(edge: EdgeOf, workspace: WorkspaceOf, who: PrincipalOf, body: Document) -> Any:
    """Make one. Azure says 400 when it is there already, and so clients count on it."""
    name = text(body, "name").lower()
    if name in BUILT_IN or any(each.name == name for each in datastores_of(edge, workspace)):
        raise HTTPException(400, _CONFLICT.format(name=name))
    return _put(edge, workspace, who.name, name, body)


@router.put("/datastores/{name}")
def update(edge: EdgeOf, workspace: WorkspaceOf, who: PrincipalOf, name: str, body: Document) -> Any:
    """Say everything of one anew."""
    datastore_of(edge, workspace, name)
    return _put(edge, workspace, who.name, name, body)


@router.delete("/datastores/{name}")
def delete(
    edge: EdgeOf, workspace: WorkspaceOf, name: str, _: Annotated[str, Asked(alias="api-version")] = ""
) -> Response:  # fmt: skip
    """Forget it; what it names stays where it is."""
    if name in BUILT_IN:
        raise ConflictError(f"'{name}' belongs to every workspace and cannot be deleted")
    edge.assets.delete(workspace.id, AssetKind.DATASTORE, name)
    return Response(status_code=200)


def _put(edge: Edge, workspace: Workspace, by: str, name: str, body: dict[str, Any]) -> Any:
    names.checked("datastore", names.DATASTORE, name)
    if name in BUILT_IN:
        raise ConflictError(f"'{name}' belongs to every workspace and cannot be changed")
    kept, secrets = datastore_body({"properties": _properties(body)})
    asset = Asset(workspace.id, AssetKind.DATASTORE, name, "", with_secrets(edge.vault, kept, secrets))
    return _shown(edge, workspace, edge.assets.put(asset, by=by))


def _properties(body: dict[str, Any]) -> dict[str, Any]:
    """What an older client says, in the words of Azure Resource Manager. Raises UserError."""
    kind = text(body, "dataStoreType")
    if kind not in _TYPES:
        raise UserError(f"datastores of type '{kind[:40]}' are not served here: {' or '.join(_TYPES)}")
    section = mapping(body, "azureStorageSection")
    credential, how = text(section, "credential"), text(section, "credentialType") or "None"
    secrets = {"AccountKey": {"key": credential}, "Sas": {"sasToken": credential.lstrip("?")}}.get(how)
    secret_type = {"secrets": {"secretsType": how, **secrets}} if secrets else {}
    return {
        "datastoreType": kind,
        _TYPES[kind]: text(section, "containerName"),
        "accountName": text(section, "accountName"),
        "endpoint": text(section, "endpoint") or "core.windows.net",
        "protocol": text(section, "protocol") or "https",
        "credentials": {"credentialsType": how if secrets else "None", **secret_type},
    }


def _type(asset: Asset) -> str:
    return str(asset.body["properties"].get("datastoreType", ""))


def _shown(edge: Edge, workspace: Workspace, asset: Asset) -> dict[str, Any]:
    properties: Mapping[str, Any] = asset.body["properties"]
    kind = _type(asset)
    if asset.name in BUILT_IN:
        secrets: Mapping[str, Any] = {"key": edge.blobs.account_of(workspace).key}
    else:
        secrets = secrets_of(edge.vault, asset) or {}
    key, sas = secrets.get("key"), secrets.get("sasToken")
    return {
        "name": asset.name,
        "dataStoreType": kind,
        "hasBeenValidated": True,
        "tags": {},
        "azureStorageSection": {
            "accountName": properties.get("accountName"),
            "containerName": properties.get(_TYPES.get(kind, "containerName")),
            "endpoint": properties.get("endpoint"),
            "protocol": properties.get("protocol") or "https",
            "credentialType": "AccountKey" if key else "Sas" if sas else "None",
            "credential": key or sas,
            "blobCacheTimeout": 0,
            "isSas": bool(sas),
            "accountKey": key,
            "sasToken": sas,
            "areWorkspaceManagedIdentitiesAllowed": False,
            "subscriptionId": properties.get("subscriptionId"),
            "resourceGroup": properties.get("resourceGroup"),
            "serviceDataAccessAuthIdentity": "None",
        },
    }
