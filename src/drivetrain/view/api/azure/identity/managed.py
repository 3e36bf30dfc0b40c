"""The endpoint of managed identities: a job, or the owner's terminal, gets a token for what it shows in a header.

https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException

from drivetrain.view.api.azure.access import EdgeOf
from drivetrain.view.api.azure.identity.authority import TOKEN_SECONDS, object_id

router = APIRouter(tags=["identity"])


@router.get("/msi/token")
def managed_identity(edge: EdgeOf, request: Request, resource: str) -> dict[str, Any]:
    """A token for whose secret is in the header `X-IDENTITY-HEADER`."""
    principal = edge.known(request.headers.get("x-identity-header", ""))
    if principal is None:
        raise HTTPException(401, "X-IDENTITY-HEADER is not the token of a job that runs, nor the owner's.")
    until = int(edge.clock.now().timestamp()) + TOKEN_SECONDS
    return {
        "access_token": edge.authority.issue(principal, edge.authority.audience_of(resource)),
        "client_id": object_id(principal),
        "expires_on": str(until),
        "resource": resource,
        "token_type": "Bearer",
    }
