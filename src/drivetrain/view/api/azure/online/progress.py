"""How far what was asked for is, as clients of long-running operations ask. Nothing is kept for it: it is what the
deployment's own state says.

https://learn.microsoft.com/azure/azure-resource-manager/management/async-operations
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi.responses import JSONResponse

from drivetrain.serve.model import DeploymentState
from drivetrain.view.api.azure.arm.operations import SOON

if TYPE_CHECKING:
    from drivetrain.registry.model import Workspace
    from drivetrain.serve.model import Deployment
    from drivetrain.view.api.azure.edge import Edge
    from drivetrain.view.api.azure.online.standing import Standing

AGAIN = "250"
"""Milliseconds until clients ask again how far a deployment is."""
PUT, DELETE = "put", "delete"
_VERSION = "?api-version=2023-04-01"


def begun(
    edge: Edge, workspace: Workspace, path: str, verb: str, body: dict[str, Any] | None, status: int
) -> JSONResponse:
    """The answer to who has asked for something that takes a while. `path` is that of the resource below the
    workspace.
    """
    where = f"{edge.address}{workspace.path}/{path}/operationsStatus/{verb}{_VERSION}"
    return JSONResponse(body, status, {"Azure-AsyncOperation": where, "Location": where, "x-ms-retry-after-ms": SOON})


def progress_of(deployment: Deployment, stands: Standing) -> JSONResponse:
    """How far a deployment is that somebody has put."""
    found: dict[str, Any] = {"name": PUT, "status": "Succeeded" if stands.is_up else "InProgress"}
    if stands.state is DeploymentState.FAILED:
        found["status"] = "Failed"
        words = stands.problem or "it cannot be started"
        details: list[Any] = []
        found["error"] = {"code": "DeploymentFailed", "message": f"{deployment.name}: {words}", "details": details}
    return JSONResponse(found, 200, {"x-ms-retry-after-ms": AGAIN})


def end_of(there: object | None) -> JSONResponse:
    """How far the removal of something is."""
    status = "Succeeded" if there is None else "InProgress"
    return JSONResponse({"name": DELETE, "status": status}, 200, {"x-ms-retry-after-ms": AGAIN})
