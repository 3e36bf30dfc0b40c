"""The routes of online endpoints.

https://learn.microsoft.com/rest/api/azureml/online-endpoints
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from starlette.exceptions import HTTPException

from drivetrain.errors import NotFoundError
from drivetrain.serve.model import AuthMode
from drivetrain.view.api.azure.access import EdgeOf, PrincipalOf, WorkspaceOf
from drivetrain.view.api.azure.arm.bodies import BodyOf, text_at
from drivetrain.view.api.azure.arm.operations import accepted
from drivetrain.view.api.azure.arm.paging import PagingOf
from drivetrain.view.api.azure.identity.authority import TOKEN_SECONDS
from drivetrain.view.api.azure.identity.model import Audience
from drivetrain.view.api.azure.online.endpoint_shape import endpoint_asked, endpoint_patched, endpoint_shown
from drivetrain.view.api.azure.online.progress import DELETE, begun, end_of
from drivetrain.view.api.azure.online.service import OnlineEndpoints
from drivetrain.view.api.azure.online.tokens import token_audience

router = APIRouter(prefix="/onlineEndpoints", tags=["endpoints"])


def _service(edge: EdgeOf, workspace: WorkspaceOf, who: PrincipalOf) -> OnlineEndpoints:
    return OnlineEndpoints(edge, workspace, who)


EndpointsOf = Annotated[OnlineEndpoints, Depends(_service)]


@router.get("")
def list_endpoints(edge: EdgeOf, workspace: WorkspaceOf, kept: EndpointsOf, paging: PagingOf) -> Any:
    """Every endpoint."""
    return paging.of(kept.all(), lambda each: endpoint_shown(workspace, each, edge.endpoint_address(each)))


@router.get("/{name}")
def get_endpoint(edge: EdgeOf, workspace: WorkspaceOf, kept: EndpointsOf, name: str) -> Any:
    """One endpoint."""
    found = kept.get(name)
    return endpoint_shown(workspace, found, edge.endpoint_address(found))


@router.put("/{name}")
def put_endpoint(edge: EdgeOf, workspace: WorkspaceOf, kept: EndpointsOf, name: str, body: BodyOf) -> Any:
    """Make it, or say everything of it anew."""
    made, new = kept.put(name, endpoint_asked(body))
    return accepted(edge, workspace, endpoint_shown(workspace, made, edge.endpoint_address(made)), new=new)


@router.patch("/{name}")
def patch_endpoint(edge: EdgeOf, workspace: WorkspaceOf, kept: EndpointsOf, name: str, body: BodyOf) -> Any:
    """Change some of it."""
    there = kept.get(name)
    made, _ = kept.put(there.name, endpoint_asked(endpoint_patched(there, body)))
    return endpoint_shown(workspace, made, edge.endpoint_address(made))


@router.delete("/{name}")
def delete_endpoint(edge: EdgeOf, workspace: WorkspaceOf, kept: EndpointsOf, name: str) -> Response:
    """End it, and forget it."""
    kept.delete(name)
    if _is_gone(kept, name):
        return Response(status_code=200)
    return begun(edge, workspace, f"onlineEndpoints/{name}", DELETE, None, 202)


@router.get("/{name}/operationsStatus/delete")
def deletion(kept: EndpointsOf, name: str) -> Response:
    """Whether it has been forgotten."""
    return end_of(None if _is_gone(kept, name) else name)


def _is_gone(kept: OnlineEndpoints, name: str) -> bool:
    try:
        kept.get(name)
    except NotFoundError:
        return True
    return False


@router.post("/{name}/listKeys")
@router.post("/{name}/listkeys")
def list_keys(kept: EndpointsOf, name: str) -> Any:
    """Its keys."""
    return kept.keys(name)


@router.post("/{name}/regenerateKeys")
def regenerate_keys(kept: EndpointsOf, name: str, body: BodyOf) -> Response:
    """Another key for an old one."""
    kept.change_key(name, text_at(body, "keyType"), text_at(body, "keyValue"))
    return Response(status_code=200)


@router.post("/{name}/token")
def token(edge: EdgeOf, who: PrincipalOf, kept: EndpointsOf, name: str) -> Any:
    """A token by which to ask it, for an hour."""
    found = kept.get(name)
    if found.auth is AuthMode.KEY:
        raise HTTPException(400, f"The endpoint '{found.name}' takes keys, not tokens.")
    audience = Audience.MACHINE_LEARNING if found.auth is AuthMode.ENTRA else token_audience(found.name)
    until = int(edge.clock.now().timestamp()) + TOKEN_SECONDS
    return {
        "accessToken": edge.authority.issue(who, audience),
        "expiryTimeUtc": until,
        "refreshAfterTimeUtc": until - TOKEN_SECONDS // 2,
        "tokenType": "Bearer",
    }
