"""Datastores: names for places in storage. Four are there from the start, in the workspace's own account; others are
kept as they are described, with their credentials sealed.

https://learn.microsoft.com/azure/machine-learning/concept-data
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from msgspec.structs import replace

from drivetrain.errors import ConflictError, NotFoundError, UserError
from drivetrain.registry import names
from drivetrain.registry.model import Asset, AssetKind, Workspace
from drivetrain.view.api.azure.access import EdgeOf, PrincipalOf, WorkspaceOf
from drivetrain.view.api.azure.arm.bodies import BodyOf, checked_body, merged, object_at, text_at
from drivetrain.view.api.azure.arm.paging import PagingOf
from drivetrain.view.api.azure.arm.sealing import secrets_of, with_secrets
from drivetrain.view.api.azure.arm.shapes import shown
from drivetrain.view.api.azure.blob.accounts import BlobAccounts
from drivetrain.view.api.azure.edge import Edge
from drivetrain.view.api.azure.identity.discovery import STORAGE_SUFFIX

router = APIRouter(prefix="/datastores", tags=["datastores"])
BLOB_STORE, ARTIFACT_STORE = "workspaceblobstore", "workspaceartifactstore"
FILE_STORE, WORKING_DIRECTORY = "workspacefilestore", "workspaceworkingdirectory"
BUILT_IN = (BLOB_STORE, ARTIFACT_STORE, FILE_STORE, WORKING_DIRECTORY)
TYPES = ("AzureBlob", "AzureFile", "AzureDataLakeGen1", "AzureDataLakeGen2", "OneLake", "Hdfs")
_KEY = {"credentialsType": "AccountKey"}
_CREDENTIALS = ("AccountKey", "Sas", "ServicePrincipal", "Certificate", "None")
_SAS_MINUTES, _RIGHTS = 24 * 60, "racwdl"


def container_of(blobs: BlobAccounts, workspace: Workspace, name: str) -> str:
    """The container of a datastore that is there from the start, made at first use."""
    if name == BLOB_STORE:
        return blobs.blobstore(workspace)
    return blobs.artifacts(workspace) if name == ARTIFACT_STORE else blobs.filestore(workspace)


def datastores_of(edge: Edge, workspace: Workspace) -> list[Asset]:
    """Those that are there from the start, and those that somebody made. One of them is the default."""
    made = list(edge.assets.names(workspace.id, AssetKind.DATASTORE))
    own = [_built_in(edge, workspace, name) for name in BUILT_IN]
    if not any(_is_default(each) for each in made):
        own[0].body["properties"]["isDefault"] = True
    return sorted(own + made, key=lambda each: each.name)


def datastore_of(edge: Edge, workspace: Workspace, name: str) -> Asset:
    """One of them. Raises NotFoundError."""
    for each in datastores_of(edge, workspace):
        if each.name == name:
            return each
    raise NotFoundError(f"there is no datastore '{name[:80]}' in {workspace.name}")


def _is_default(asset: Asset) -> bool:
    return asset.body.get("properties", {}).get("isDefault") is True


def _built_in(edge: Edge, workspace: Workspace, name: str) -> Asset:
    account = edge.blobs.account_of(workspace)
    container = container_of(edge.blobs, workspace, name)
    blob = name in (BLOB_STORE, ARTIFACT_STORE)
    properties = {
        "datastoreType": "AzureBlob" if blob else "AzureFile",
        "containerName" if blob else "fileShareName": container,
        "accountName": edge.blobs.host(account),
        "endpoint": STORAGE_SUFFIX,
        "protocol": "https",
        "serviceDataAccessAuthIdentity": "None",
        "subscriptionId": workspace.subscription,
        "resourceGroup": workspace.resource_group,
        "credentials": _KEY,
        "isDefault": False,
    }
    at, by = workspace.created_at, workspace.created_by
    return Asset(workspace.id, AssetKind.DATASTORE, name, "", {"properties": properties}, created_at=at, created_by=by)


def _shown(workspace: Workspace, asset: Asset) -> dict[str, Any]:
    given = asset.body["properties"]
    more = {"isDefault": _is_default(asset), "description": given.get("description"), "tags": given.get("tags") or {}}
    return shown(workspace, f"datastores/{asset.name}", asset, **more, properties=given.get("properties") or {})


@router.get("")
def list_all(
    edge: EdgeOf,
    workspace: WorkspaceOf,
    paging: PagingOf,
    is_default: Annotated[bool | None, Query(alias="isDefault")] = None,
) -> Any:
    """Every datastore, or the default alone."""
    found = datastores_of(edge, workspace)
    chosen = [each for each in found if is_default is None or _is_default(each) is is_default]
    return paging.of(chosen, lambda each: _shown(workspace, each))


@router.get("/{name}")
def get(edge: EdgeOf, workspace: WorkspaceOf, name: str) -> Any:
    """One datastore."""
    return _shown(workspace, datastore_of(edge, workspace, name))


@router.put("/{name}")
def put(edge: EdgeOf, workspace: WorkspaceOf, who: PrincipalOf, response: Response, name: str, body: BodyOf) -> Any:
    """Make it, or say everything of it anew."""
    names.checked("datastore", names.DATASTORE, name)
    if name in BUILT_IN:
        raise ConflictError(f"'{name}' belongs to every workspace and cannot be changed")
    kept, secrets = datastore_body(body)
    asset = Asset(workspace.id, AssetKind.DATASTORE, name, "", with_secrets(edge.vault, kept, secrets))
    if _is_default(asset):
        _no_default(edge, workspace, who.name)
    made = edge.assets.put(asset, by=who.name)
    response.status_code = 201 if made.created_at == made.updated_at else 200
    return _shown(workspace, made)


def _no_default(edge: Edge, workspace: Workspace, by: str) -> None:
    for each in edge.assets.names(workspace.id, AssetKind.DATASTORE):
        if _is_default(each):
            body = merged(each.body, {"properties": {"isDefault": False}})
            edge.assets.put(replace(each, body=body), by=by)


def datastore_body(body: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The body of a datastore as it is kept, and its secrets. Raises UserError."""
    kept = checked_body(body, ("tags", "properties"))
    properties = kept["properties"]
    kind = text_at(properties, "datastoreType")
    if kind not in TYPES:
        raise UserError(f"datastoreType is '{kind[:40]}': it must be one of {', '.join(TYPES)}")
    credentials = object_at(properties, "credentials")
    secrets = object_at(credentials, "secrets")
    credentials.pop("secrets", None)
    credentials["credentialsType"] = text_at(credentials, "credentialsType") or "None"
    if credentials["credentialsType"] not in _CREDENTIALS:
        raise UserError(f"credentialsType must be one of {', '.join(_CREDENTIALS)}")
    properties["credentials"] = credentials
    return kept, secrets


@router.delete("/{name}")
def delete(edge: EdgeOf, workspace: WorkspaceOf, name: str) -> Response:
    """Forget it; what it names stays where it is."""
    if name in BUILT_IN:
        raise ConflictError(f"'{name}' belongs to every workspace and cannot be deleted")
    edge.assets.delete(workspace.id, AssetKind.DATASTORE, name)
    return Response(status_code=200)


@router.post("/{name}/listSecrets")
def list_secrets(edge: EdgeOf, workspace: WorkspaceOf, name: str, body: BodyOf) -> Any:
    """What opens it: for the workspace's own account its key, or where the client asks so, what ends by itself."""
    found = datastore_of(edge, workspace, name)
    if name not in BUILT_IN:
        secrets = secrets_of(edge.vault, found)
        return secrets or {"secretsType": "None"}
    account = edge.blobs.account_of(workspace)
    if body.get("expirableSecret") is not True:
        return {"secretsType": "AccountKey", "key": account.key}
    container = container_of(edge.blobs, workspace, name)
    address = edge.blobs.sas(account, container, permissions=_RIGHTS, minutes=_SAS_MINUTES)
    return {"secretsType": "Sas", "sasToken": address.partition("?")[2]}
