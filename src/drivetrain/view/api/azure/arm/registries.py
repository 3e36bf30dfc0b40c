"""Registries: what several workspaces share. The owner makes one here and puts things into it; whoever is signed in
reads them. Azure's own registry, `azureml`, lies in Azure, and is not here.

https://learn.microsoft.com/azure/machine-learning/concept-machine-learning-registries-mlops
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from msgspec.structs import replace
from starlette.exceptions import HTTPException

from drivetrain.errors import NotFoundError
from drivetrain.ids import RandomIds
from drivetrain.registry import names
from drivetrain.registry.model import PROVIDER, REGISTRIES, Workspace
from drivetrain.view.api.azure.access import EdgeOf, PrincipalOf, WorkspaceOf, registry_of
from drivetrain.view.api.azure.arm.bodies import BodyOf, checked_body
from drivetrain.view.api.azure.arm.names import NameOf, VersionOf
from drivetrain.view.api.azure.arm.paging import PagingOf
from drivetrain.view.api.azure.arm.shapes import system_data
from drivetrain.view.api.azure.arm.uploads import pending_upload
from drivetrain.view.api.azure.arm.workspace_shape import LOCATION
from drivetrain.view.api.azure.edge import Edge
from drivetrain.view.api.azure.identity.model import Principal, PrincipalKind

router = APIRouter(tags=["registries"])
uploads = APIRouter(prefix="/tempdatarefs", tags=["registries"])
_GROUP = "/subscriptions/{subscription}/resourceGroups/{resource_group}/providers/Microsoft.MachineLearningServices"


def _shown(edge: Edge, registry: Workspace, subscription: str, resource_group: str) -> dict[str, Any]:
    path = f"/subscriptions/{subscription}/resourceGroups/{resource_group}/providers/{PROVIDER}"
    location = registry.body.get("location") or LOCATION
    return {
        "id": f"{path}/registries/{registry.name}",
        "name": registry.name,
        "type": f"{PROVIDER}/registries",
        "location": location,
        "tags": registry.body.get("tags", {}),
        "kind": None,
        "systemData": system_data(registry.created_at, registry.created_by),
        "properties": {
            "discoveryUrl": f"{edge.address}/registrymanagement/v1.0/registries/{registry.name}/discovery",
            "mlFlowRegistryUri": None,
            "publicNetworkAccess": "Enabled",
            "intellectualPropertyPublisher": None,
            "managedResourceGroup": None,
            "regionDetails": [{"location": location, "acrDetails": [], "storageAccountDetails": []}],
        },
    }


def _all(edge: Edge) -> list[Workspace]:
    return [each for each in edge.workspaces.all() if each.subscription == REGISTRIES]


@router.get("/subscriptions/{subscription}/providers/Microsoft.MachineLearningServices/registries")
def of_subscription(edge: EdgeOf, paging: PagingOf, subscription: str) -> Any:
    """Every registry of this home."""
    return paging.of(_all(edge), lambda each: _shown(edge, each, subscription, REGISTRIES))


@router.get(f"{_GROUP}/registries")
def of_group(edge: EdgeOf, paging: PagingOf, subscription: str, resource_group: str) -> Any:
    """Every registry of this home: they belong to no group."""
    return paging.of(_all(edge), lambda each: _shown(edge, each, subscription, resource_group))


@router.get(f"{_GROUP}/registries/{{registry}}")
def get(edge: EdgeOf, subscription: str, resource_group: str, registry: str) -> Any:
    """One registry."""
    return _shown(edge, registry_of(edge, registry), subscription, resource_group)


@router.put(f"{_GROUP}/registries/{{registry}}")
def put(edge: EdgeOf, who: PrincipalOf, subscription: str, resource_group: str, registry: str, body: BodyOf) -> Any:
    """Make it, or change its tags."""
    _owner_only(who)
    names.checked("registry", names.WORKSPACE, registry)
    kept = checked_body(body)
    kept["kind"] = "registry"
    try:
        wanted = replace(registry_of(edge, registry), body=kept)
    except NotFoundError:
        wanted = Workspace(RandomIds().guid(), REGISTRIES, REGISTRIES, registry, "", kept, created_by=who.name)
    return _shown(edge, edge.workspaces.put(wanted), subscription, resource_group)


@router.delete(f"{_GROUP}/registries/{{registry}}")
def delete(edge: EdgeOf, who: PrincipalOf, registry: str) -> Response:
    """Forget it and what it holds."""
    _owner_only(who)
    edge.workspaces.delete(registry_of(edge, registry).id)
    edge.blobs.forget()
    return Response(status_code=200)


def _owner_only(who: Principal) -> None:
    if who.kind is not PrincipalKind.OWNER:
        raise HTTPException(403, "Only the owner of this home may change a registry.")


@router.get("/registrymanagement/v1.0/registries/{registry}/discovery")
def discovery(edge: EdgeOf, registry: str) -> Any:
    """Where a registry is: here."""
    found = registry_of(edge, registry)
    return {
        "registryName": found.name,
        "primaryRegionResourceProviderUri": f"{edge.address}/",
        "primaryRegion": LOCATION,
        "regions": [LOCATION],
        "registryFqdns": {LOCATION: {"workspace": edge.address}},
        "subscriptionId": REGISTRIES,
        "resourceGroup": REGISTRIES,
    }


@uploads.put("/{name}/versions/{version}")
def temporary_data_reference(edge: EdgeOf, registry: WorkspaceOf, name: NameOf, version: VersionOf) -> Any:
    """Where to put the files of something that a registry is to hold."""
    del name, version
    return pending_upload(edge, registry)
