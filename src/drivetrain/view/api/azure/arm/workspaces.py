"""Workspaces themselves: below a subscription, below a resource group, and one of them."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from msgspec.structs import replace

from drivetrain.registry.model import Workspace
from drivetrain.view.api.azure.access import EdgeOf, PrincipalOf, WorkspaceOf
from drivetrain.view.api.azure.arm.bodies import BodyOf, checked_body, merged
from drivetrain.view.api.azure.arm.paging import PagingOf
from drivetrain.view.api.azure.arm.workspace_shape import storage_account, workspace_body
from drivetrain.view.api.azure.edge import Edge
from drivetrain.view.api.azure.identity.model import Principal

lists = APIRouter(tags=["workspaces"])
router = APIRouter(tags=["workspaces"])
discovery = APIRouter(tags=["workspaces"])
_SERVICES = (
    "api", "catalog", "experimentation", "history", "hyperdrive", "labeling", "modelmanagement", "pipelines",
    "execution", "environment", "metric", "datastore", "artifact", "mlflow", "studio",
)  # fmt: skip


def _seen(edge: Edge, who: Principal, subscription: str, group: str | None, kind: str) -> list[Workspace]:
    def is_meant(each: Workspace) -> bool:
        there = each.subscription.lower() == subscription.lower()
        return there and (group is None or each.resource_group.lower() == group.lower())

    kinds = {part.strip().lower() for part in kind.split(",") if part.strip()}
    found = [each for each in edge.workspaces.all() if is_meant(each) and who.may_see(each.project)]
    return [each for each in found if not kinds or str(each.body.get("kind") or "default").lower() in kinds]


def _shown(edge: Edge, workspace: Workspace) -> dict[str, Any]:
    account = edge.blobs.account_of(workspace).name
    return workspace_body(workspace, edge.address, edge.authority.tenant, account)


@lists.get("/subscriptions/{subscription}/providers/Microsoft.MachineLearningServices/workspaces")
def of_subscription(edge: EdgeOf, who: PrincipalOf, paging: PagingOf, subscription: str, kind: str = "") -> Any:
    """The workspaces of a subscription."""
    return paging.of(_seen(edge, who, subscription, None, kind), lambda each: _shown(edge, each))


@lists.get(
    "/subscriptions/{subscription}/resourceGroups/{resource_group}"
    "/providers/Microsoft.MachineLearningServices/workspaces"
)
def of_group(
    edge: EdgeOf, who: PrincipalOf, paging: PagingOf, subscription: str, resource_group: str, kind: str = ""
) -> Any:
    """The workspaces of a resource group."""
    return paging.of(_seen(edge, who, subscription, resource_group, kind), lambda each: _shown(edge, each))


@router.get("")
def get(edge: EdgeOf, workspace: WorkspaceOf) -> Any:
    """The workspace, made at first mention."""
    return _shown(edge, workspace)


@router.put("")
def put(edge: EdgeOf, workspace: WorkspaceOf, body: BodyOf) -> Any:
    """Say everything of it anew."""
    return _shown(edge, edge.workspaces.put(replace(workspace, body=checked_body(body))))


@router.patch("")
def patch(edge: EdgeOf, workspace: WorkspaceOf, body: BodyOf) -> Any:
    """Change some of it. Tags are given as a whole, as Azure wants them."""
    checked = checked_body(body)
    changed = merged(workspace.body, checked)
    if "tags" in checked:
        changed["tags"] = checked["tags"]
    return _shown(edge, edge.workspaces.put(replace(workspace, body=changed)))


@router.delete("")
def delete(edge: EdgeOf, workspace: WorkspaceOf) -> Response:
    """Forget it and what it holds; training runs and models are MLflow's, and stay."""
    edge.workspaces.delete(workspace.id)
    edge.blobs.forget()
    return Response(status_code=200)


@router.post("/listKeys")
def list_keys(edge: EdgeOf, workspace: WorkspaceOf) -> Any:
    """The keys of what belongs to it: of its storage account; there is no registry of containers here."""
    account = edge.blobs.account_of(workspace)
    return {
        "userStorageKey": account.key,
        "userStorageResourceId": storage_account(workspace, account.name),
        "appInsightsInstrumentationKey": None,
        "containerRegistryCredentials": None,
        "notebookAccessKeys": None,
    }


@router.post("/listNotebookKeys")
@router.post("/listNotebookAccessToken")
def notebook_keys() -> Any:
    """There are no notebooks here."""
    return {"primaryAccessKey": None, "secondaryAccessKey": None, "accessToken": None, "expiresIn": 0}


@router.post("/resyncKeys")
@router.post("/diagnose")
def nothing_wrong() -> Any:
    """What there is to say of it: nothing."""
    return {"value": {}}


@router.get("/outboundRules")
@router.get("/privateEndpointConnections")
@router.get("/privateLinkResources")
def no_network() -> Any:
    """No network of its own."""
    return {"value": []}


@discovery.get("/discovery")
@discovery.get("/discovery/workspaces/{workspace_id}")
def services(edge: EdgeOf, workspace_id: str = "") -> dict[str, str]:
    """Where a workspace's services are: all here. Says nothing of anybody, so anybody may ask."""
    del workspace_id
    return dict.fromkeys(_SERVICES, edge.address)
