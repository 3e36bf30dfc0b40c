"""The endpoint of managed identities: a job, or the owner's terminal, gets a token for what it shows in a header.

https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.exceptions import HTTPException

from drivetrain.view.api.azure.access import EdgeOf
from drivetrain.view.api.azure.identity.authority import TOKEN_SECONDS, object_id

router = APIRouter(tags=["identity"])


OLDEST = "2017-09-01"
"""The version of whose answers `expires_on` is a date, and which calls the header `secret`."""


@router.get("/msi/token")
def managed_identity(
    edge: EdgeOf,
    request: Request,
    resource: str,
    client_id: str = "",
    api_version: Annotated[str, Query(alias="api-version")] = "",
) -> dict[str, Any]:
    """A token for whose secret is in the header `X-IDENTITY-HEADER`. Whichever identity is asked for by its id, it is
    the job's own that answers: there are no others, and scripts name those of their Azure.
    """
    shown = request.headers.get("x-identity-header") or request.headers.get("secret", "")
    principal = edge.whose(shown)
    if principal is None:
        raise HTTPException(401, "X-IDENTITY-HEADER is not the token of a job that runs, nor the owner's.")
    audience = edge.authority.audience_of(resource)
    if not audience or audience.startswith(edge.address):
        raise HTTPException(400, f"There is no resource '{resource[:200]}'.")
    now = edge.clock.now()
    until = now + timedelta(seconds=TOKEN_SECONDS)
    return {
        "access_token": edge.authority.issue(principal, audience, application=client_id),
        "client_id": client_id or object_id(principal),
        "expires_on": f"{until:%m/%d/%Y %H:%M:%S} +00:00" if api_version == OLDEST else str(int(until.timestamp())),
        "expires_in": str(TOKEN_SECONDS),
        "not_before": str(int(now.timestamp())),
        "resource": resource,
        "token_type": "Bearer",
    }
