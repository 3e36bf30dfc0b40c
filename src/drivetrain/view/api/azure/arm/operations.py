"""Operations that clients expect to take a while: they are over when they are answered, and can be asked about.

https://learn.microsoft.com/azure/azure-resource-manager/management/async-operations
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from drivetrain.registry.model import Workspace
from drivetrain.view.api.azure.access import WorkspaceOf
from drivetrain.view.api.azure.edge import Edge

router = APIRouter(prefix="/operationsStatus", tags=["operations"])
_DONE = "done"
SOON = "50"
"""Milliseconds until clients ask; without a word they wait five seconds."""


def accepted(edge: Edge, workspace: Workspace, body: dict[str, Any], *, new: bool = True) -> JSONResponse:
    """An answer to a PUT by which the client asks for the operation, and then for what was made. Older clients need
    that: they read the first answer twice, and find less in it the second time.
    """
    where = f"{edge.address}{workspace.path}/operationsStatus/{_DONE}?api-version=2023-04-01"
    return JSONResponse(body, 201 if new else 200, {"Azure-AsyncOperation": where, "x-ms-retry-after-ms": SOON})


@router.get("/{operation}")
def status(workspace: WorkspaceOf, operation: str) -> dict[str, str]:
    """How far an operation is."""
    return {"id": f"{workspace.path}/operationsStatus/{operation}", "name": operation, "status": "Succeeded"}
