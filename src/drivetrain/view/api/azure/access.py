"""What every route of the edge starts from: the services, who asks, and the workspace that the path names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from drivetrain.errors import NotFoundError
from drivetrain.ids import RandomIds
from drivetrain.registry.model import REGISTRIES, Workspace
from drivetrain.registry.names import check_place
from drivetrain.view.api.azure.edge import Edge
from drivetrain.view.api.azure.identity.model import Audience, Principal, PrincipalKind

if TYPE_CHECKING:
    from collections.abc import Callable

WORKSPACE_PATH = (
    "/subscriptions/{subscription}/resourceGroups/{resource_group}"
    "/providers/Microsoft.MachineLearningServices/workspaces/{workspace}"
)
"""The prefix of whatever belongs to a workspace."""
MANAGEMENT_PATH = f"/mferp/managementfrontend{WORKSPACE_PATH}"
REGISTRY_PATH = MANAGEMENT_PATH.replace("/workspaces/", "/registries/")
"""The prefix of whatever belongs to a registry, as azure-ai-ml asks for it."""


def _edge(request: Request) -> Edge:
    edge: Edge = request.app.state.edge
    return edge


def signed_in(*audiences: Audience) -> Callable[[Request], Principal]:
    """A dependency: only with a token for one of these audiences, else 401. The principal is kept with the request."""

    def check(request: Request) -> Principal:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        principal = None
        if scheme.lower() == "bearer":
            principal = _edge(request).authority.check(token.strip(), audiences)
        if principal is None:
            raise HTTPException(401, "A token of this server for this service is needed: sign in again.")
        request.state.principal = principal
        return principal

    return check


def _principal(request: Request) -> Principal:
    found: Any = getattr(request.state, "principal", None)
    if found is None:  # a router that was included without `signed_in`
        raise HTTPException(401, "A token of this server for this service is needed: sign in again.")
    principal: Principal = found
    return principal


EdgeOf = Annotated[Edge, Depends(_edge)]
PrincipalOf = Annotated[Principal, Depends(_principal)]


def registry_of(edge: Edge, name: str) -> Workspace:
    """The registry of this name. Raises NotFoundError."""
    try:
        return edge.workspaces.get(REGISTRIES, REGISTRIES, name)
    except NotFoundError:
        hint = "azure-ai-ml's registries.begin_create makes one; Azure's own registries cannot be reached from here"
        raise NotFoundError(f"there is no registry '{name[:80]}' in this home", hint=hint) from None


def _registry(edge: Edge, principal: Principal, request: Request, name: str) -> Workspace:
    """A registry: everybody who is signed in reads, the owner writes."""
    if request.method not in ("GET", "HEAD") and principal.kind is not PrincipalKind.OWNER:
        raise HTTPException(403, "Only the owner of this home may change a registry.")
    return registry_of(edge, name)


def workspace_for(
    edge: Edge, principal: Principal, subscription: str, resource_group: str, workspace: str
) -> Workspace:
    """The workspace of the path. One that is not there yet is made for whoever asks first: nobody has to prepare
    anything for a script that names its workspace. Raises HTTPException 403 when it belongs to another project.
    """
    try:
        found = edge.workspaces.get(subscription, resource_group, workspace)
    except NotFoundError:
        check_place(subscription, resource_group, workspace)
        new = Workspace(
            RandomIds().guid(), subscription, resource_group, workspace, principal.project, created_by=principal.name
        )
        found = edge.workspaces.put(new)
    if not principal.may_see(found.project):
        raise HTTPException(403, f"The workspace '{workspace}' belongs to another project.")
    return found


def _workspace(
    edge: EdgeOf, principal: PrincipalOf, request: Request, subscription: str, resource_group: str, workspace: str
) -> Workspace:
    """The workspace of the path, or the registry, which is kept as one."""
    if request.scope["route"].path.startswith(REGISTRY_PATH):
        return _registry(edge, principal, request, workspace)
    return workspace_for(edge, principal, subscription, resource_group, workspace)


WorkspaceOf = Annotated[Workspace, Depends(_workspace)]
