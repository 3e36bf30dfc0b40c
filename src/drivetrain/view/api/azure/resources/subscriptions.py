"""What clients read of Azure Resource Manager once they have signed in: tenants, subscriptions, resource groups.

A subscription is there when a workspace or a service connection names it; a resource group, whenever somebody does.
https://learn.microsoft.com/rest/api/resources/
"""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Body, Depends, Response
from starlette.exceptions import HTTPException

from drivetrain.view.api.azure.access import EdgeOf, PrincipalOf

if TYPE_CHECKING:
    from collections.abc import Iterable

    from drivetrain.view.api.azure.edge import Edge
    from drivetrain.view.api.azure.identity.model import Principal

router = APIRouter(tags=["subscriptions"])
LOCATION = "local"
NAME = "Drivetrain"
"""What the tenant, and the subscription that is there without being named, are called."""
PROVIDERS = {
    "Microsoft.MachineLearningServices": (
        "workspaces",
        "workspaces/computes",
        "workspaces/jobs",
        "workspaces/onlineEndpoints",
        "workspaces/batchEndpoints",
        "registries",
    ),
    "Microsoft.Resources": ("subscriptions", "resourceGroups", "deployments"),
    "Microsoft.Storage": ("storageAccounts",),
    "Microsoft.KeyVault": ("vaults",),
    "Microsoft.Insights": ("components",),
    "Microsoft.ContainerRegistry": ("registries",),
}
_GROUP = re.compile(r"[\w().-]{1,90}(?<!\.)")
"""https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules#microsoftresources"""
_SUBSCRIPTION = re.compile(r"[0-9A-Za-z-]{1,64}")


def default_subscription(tenant: str) -> str:
    """The id of the subscription that is there without being named."""
    return str(uuid.uuid5(uuid.UUID(tenant), "subscription"))


def _subscriptions(edge: Edge, principal: Principal) -> dict[str, str]:
    """Ids and names of those that this one may see; never none, as clients take that for a failed sign-in."""
    found = dict(edge.applications.subscriptions(principal))
    for workspace in edge.workspaces.all():
        if principal.may_see(workspace.project):
            found.setdefault(workspace.subscription.lower(), workspace.subscription)
    return found or {default_subscription(edge.authority.tenant): NAME}


def _subscription(edge: Edge, identity: str, name: str) -> dict[str, Any]:
    return {
        "id": f"/subscriptions/{identity}",
        "subscriptionId": identity,
        "tenantId": edge.authority.tenant,
        "displayName": name,
        "state": "Enabled",
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionPolicies": {"locationPlacementId": LOCATION, "quotaId": LOCATION, "spendingLimit": "Off"},
    }


@router.get("/tenants")
def tenants(edge: EdgeOf, principal: PrincipalOf) -> dict[str, Any]:
    """The home's own."""
    del principal
    tenant = edge.authority.tenant
    more = {"tenantCategory": "Home", "domains": [], "countryCode": "", "defaultDomain": "drivetrain.local"}
    return {"value": [{"id": f"/tenants/{tenant}", "tenantId": tenant, "displayName": NAME, **more}]}


@router.get("/subscriptions")
def subscriptions(edge: EdgeOf, principal: PrincipalOf) -> dict[str, Any]:
    """Those that the asker may see."""
    found = _subscriptions(edge, principal)
    value = [_subscription(edge, identity, name) for identity, name in found.items()]
    return {"value": value, "count": {"type": "Total", "value": len(value)}}


def _checked(subscription: str) -> str:
    if not _SUBSCRIPTION.fullmatch(subscription):
        message = f"The provided subscription identifier '{subscription[:80]}' is malformed or invalid."
        raise HTTPException(400, message)
    return subscription


Subscription = Annotated[str, Depends(_checked)]


@router.get("/subscriptions/{subscription}")
def subscription(edge: EdgeOf, principal: PrincipalOf, subscription: Subscription) -> dict[str, Any]:
    """One of them. One that nothing names yet is there for whoever asks, as its workspaces are."""
    name = _subscriptions(edge, principal).get(subscription.lower(), subscription)
    return _subscription(edge, subscription, name)


@router.get("/subscriptions/{subscription}/locations")
def locations(subscription: Subscription) -> dict[str, Any]:
    """The one place there is."""
    found = {"id": f"/subscriptions/{subscription}/locations/{LOCATION}", "name": LOCATION, "displayName": NAME}
    return {"value": [{**found, "type": "Region", "metadata": {"regionType": "Physical"}}]}


def _group(subscription: str, name: str, tags: object = None) -> dict[str, Any]:
    return {
        "id": f"/subscriptions/{subscription}/resourceGroups/{name}",
        "name": name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": LOCATION,
        "tags": tags if isinstance(tags, dict) else {},
        "properties": {"provisioningState": "Succeeded"},
    }


def _named(resource_group: str) -> str:
    if not _GROUP.fullmatch(resource_group):
        raise HTTPException(400, f"'{resource_group[:80]}' is no name for a resource group.")
    return resource_group


ResourceGroup = Annotated[str, Depends(_named)]


@router.get("/subscriptions/{subscription}/resourceGroups")
def resource_groups(edge: EdgeOf, principal: PrincipalOf, subscription: Subscription) -> dict[str, Any]:
    """Those that workspaces are in which the asker may see."""
    names = {
        each.resource_group.lower(): each.resource_group
        for each in edge.workspaces.all()
        if each.subscription.lower() == subscription.lower() and principal.may_see(each.project)
    }
    return {"value": [_group(subscription, name) for name in names.values()]}


@router.get("/subscriptions/{subscription}/resourceGroups/{resource_group}")
def resource_group(subscription: Subscription, resource_group: ResourceGroup) -> dict[str, Any]:
    """One of them: it is there as soon as it is named."""
    return _group(subscription, resource_group)


@router.head("/subscriptions/{subscription}/resourceGroups/{resource_group}")
def resource_group_exists(subscription: Subscription, resource_group: ResourceGroup) -> Response:
    """It is."""
    del subscription, resource_group
    return Response(status_code=204)


@router.put("/subscriptions/{subscription}/resourceGroups/{resource_group}")
def make_resource_group(
    subscription: Subscription, resource_group: ResourceGroup, body: Annotated[dict[str, Any], Body()]
) -> dict[str, Any]:
    """There is nothing to make: it is there as soon as it is named. Its tags are not kept."""
    return _group(subscription, resource_group, body.get("tags"))


def _provider(subscription: str, name: str, kinds: Iterable[str]) -> dict[str, Any]:
    types = [
        {"resourceType": kind, "locations": [LOCATION], "apiVersions": [], "capabilities": "None"} for kind in kinds
    ]
    return {
        "id": f"/subscriptions/{subscription}/providers/{name}",
        "namespace": name,
        "registrationPolicy": "RegistrationRequired",
        "registrationState": "Registered",
        "resourceTypes": types,
    }


@router.get("/subscriptions/{subscription}/providers")
def providers(subscription: Subscription) -> dict[str, Any]:
    """Who serves resources."""
    return {"value": [_provider(subscription, name, kinds) for name, kinds in PROVIDERS.items()]}


@router.get("/subscriptions/{subscription}/providers/{namespace}")
@router.post("/subscriptions/{subscription}/providers/{namespace}/register")
def provider(subscription: Subscription, namespace: str) -> dict[str, Any]:
    """One of them, which needs no registration."""
    for name, kinds in PROVIDERS.items():
        if name.lower() == namespace.lower():
            return _provider(subscription, name, kinds)
    raise HTTPException(404, f"The resource namespace '{namespace[:80]}' is not served here.")
