"""The routes of online deployments.

https://learn.microsoft.com/rest/api/azureml/online-deployments
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Response
from starlette.concurrency import run_in_threadpool

from drivetrain.errors import NotFoundError
from drivetrain.view.api.azure.access import EdgeOf, PrincipalOf, WorkspaceOf
from drivetrain.view.api.azure.arm.bodies import BodyOf, merged, text_at, whole_at
from drivetrain.view.api.azure.arm.paging import PagingOf
from drivetrain.view.api.azure.online.deployment_shape import deployment_body, deployment_shown
from drivetrain.view.api.azure.online.progress import DELETE, PUT, begun, end_of, progress_of
from drivetrain.view.api.azure.online.reading import DeploymentReader
from drivetrain.view.api.azure.online.routes import EndpointsOf
from drivetrain.view.api.azure.online.standing import standing

if TYPE_CHECKING:
    from drivetrain.registry.model import Workspace
    from drivetrain.serve.model import Deployment
    from drivetrain.view.api.azure.online.service import OnlineEndpoints

router = APIRouter(prefix="/onlineEndpoints/{endpoint}/deployments", tags=["endpoints"])
LINES = 5000
"""Of a log, when nobody says how many."""


@router.get("")
def list_deployments(workspace: WorkspaceOf, kept: EndpointsOf, paging: PagingOf, endpoint: str) -> Any:
    """Every deployment of an endpoint."""
    return paging.of(kept.deployments(endpoint), lambda each: deployment_shown(workspace, each, kept.standing(each)))


@router.get("/{name}")
def get_deployment(workspace: WorkspaceOf, kept: EndpointsOf, endpoint: str, name: str) -> Any:
    """One deployment."""
    found = kept.deployment(endpoint, name)
    return deployment_shown(workspace, found, kept.standing(found))


@router.put("/{name}")
async def put_deployment(
    edge: EdgeOf, workspace: WorkspaceOf, who: PrincipalOf, kept: EndpointsOf, endpoint: str, name: str, body: BodyOf
) -> Any:
    """Make it, or say everything of it anew."""
    await run_in_threadpool(kept.get, endpoint)
    spec = await DeploymentReader(edge, workspace, who).read(body)
    made = await run_in_threadpool(kept.put_deployment, endpoint, name, spec)
    path = f"onlineEndpoints/{made.endpoint}/deployments/{made.name}"
    return begun(edge, workspace, path, PUT, _new(workspace, made), 201)


def _new(workspace: Workspace, made: Deployment) -> dict[str, Any]:
    return deployment_shown(workspace, made, standing(made, None))


@router.patch("/{name}")
async def patch_deployment(
    edge: EdgeOf, workspace: WorkspaceOf, who: PrincipalOf, kept: EndpointsOf, endpoint: str, name: str, body: BodyOf
) -> Any:
    """Change some of it."""
    there = await run_in_threadpool(kept.deployment, endpoint, name)
    changed = merged(deployment_body(workspace, there), body)
    spec = await DeploymentReader(edge, workspace, who).read(changed)
    made = await run_in_threadpool(kept.put_deployment, endpoint, there.name, spec)
    path = f"onlineEndpoints/{made.endpoint}/deployments/{made.name}"
    return begun(edge, workspace, path, PUT, _new(workspace, made), 200)


@router.get("/{name}/operationsStatus/put")
def progress(kept: EndpointsOf, endpoint: str, name: str) -> Response:
    """How far it is."""
    found = kept.deployment(endpoint, name)
    return progress_of(found, kept.standing(found))


@router.delete("/{name}")
def delete_deployment(edge: EdgeOf, workspace: WorkspaceOf, kept: EndpointsOf, endpoint: str, name: str) -> Response:
    """End it, and forget it."""
    kept.delete_deployment(endpoint, name)
    if _is_gone(kept, endpoint, name):
        return Response(status_code=200)
    return begun(edge, workspace, f"onlineEndpoints/{endpoint}/deployments/{name}", DELETE, None, 202)


@router.get("/{name}/operationsStatus/delete")
def deletion(kept: EndpointsOf, endpoint: str, name: str) -> Response:
    """Whether it has been forgotten."""
    return end_of(None if _is_gone(kept, endpoint, name) else name)


def _is_gone(kept: OnlineEndpoints, endpoint: str, name: str) -> bool:
    try:
        kept.deployment(endpoint, name)
    except NotFoundError:
        return True
    return False


@router.post("/{name}/getLogs")
def logs(kept: EndpointsOf, endpoint: str, name: str, body: BodyOf) -> Any:
    """The end of its log: of its replicas, or of what Azure's storage initializer does, which is to prepare it."""
    lines = whole_at(body, "tail", default=LINES) or LINES
    preparing = text_at(body, "containerType").lower() == "storageinitializer"
    return {"content": kept.log(endpoint, name, lines, of_preparation=preparing)}


@router.get("/{name}/skus")
def skus(kept: EndpointsOf, endpoint: str, name: str) -> Any:
    """The sizes that it can have: none, as it runs on this machine."""
    kept.deployment(endpoint, name)
    return {"value": []}
