"""The routes of the token endpoint, and the one where a job gets a federated token for a service connection."""

from __future__ import annotations

import base64
import uuid
from typing import Annotated, Any
from urllib.parse import parse_qsl, unquote_plus

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from drivetrain.clock import timestamp
from drivetrain.view.api.azure.access import EdgeOf
from drivetrain.view.api.azure.identity.applications import subject_of
from drivetrain.view.api.azure.identity.authority import Purpose
from drivetrain.view.api.azure.identity.model import Audience, PrincipalKind
from drivetrain.view.api.azure.identity.token import Asked, TokenEndpoint, TokenError

router = APIRouter(tags=["identity"])
LARGEST = 64 << 10
"""Bytes of a request for a token."""
FEDERATED_SECONDS = 24 * 3600
"""It ends with its job: a step that signs in again hours later needs no new one."""
_NOT_KEPT = {"cache-control": "no-store", "pragma": "no-cache"}


async def _form(request: Request) -> dict[str, str]:
    """The fields of the body, whatever its type is called."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            raise HTTPException(413, "The request is too large.")
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=50))
    except (UnicodeDecodeError, ValueError) as error:
        raise HTTPException(400, "The request is no form.") from error


Form = Annotated[dict[str, str], Depends(_form)]


@router.post("/{tenant}/oauth2/v2.0/token")
def token(edge: EdgeOf, request: Request, tenant: str, form: Form) -> JSONResponse:
    """A token for a scope."""
    return _answer(edge, Asked(tenant, form, _basic(request)))


@router.post("/{tenant}/oauth2/token")
def token_for_resource(edge: EdgeOf, request: Request, tenant: str, form: Form) -> JSONResponse:
    """A token for a resource, as older clients ask for it."""
    return _answer(edge, Asked(tenant, form, _basic(request), resource_only=True))


def _basic(request: Request) -> tuple[str, str]:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        name, _, secret = base64.b64decode(given, validate=True).decode().partition(":")
    except ValueError:  # no base64, or no text in it
        return "", ""
    return unquote_plus(name), unquote_plus(secret)


def _answer(edge: EdgeOf, asked: Asked) -> JSONResponse:
    endpoint = TokenEndpoint(edge.authority, edge.applications, edge.clock, edge.whose)
    try:
        return JSONResponse(endpoint.answer(asked), headers=_NOT_KEPT)
    except TokenError as error:
        status = 401 if error.error == "invalid_client" else 400
        return JSONResponse(_refusal(error, timestamp(edge.clock.now())), status, _NOT_KEPT)


def _refusal(error: TokenError, now: str) -> dict[str, Any]:
    trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    more = f"Trace ID: {trace} Correlation ID: {correlation} Timestamp: {now}"
    return {
        "error": error.error,
        "error_description": f"{error.words} {more}",
        "error_codes": [error.code],
        "timestamp": now,
        "trace_id": trace,
        "correlation_id": correlation,
    }


@router.post("/{project}/_apis/distributedtask/hubs/{hub}/plans/{plan}/jobs/{job}/oidctoken")
def federated_token(
    edge: EdgeOf,
    request: Request,
    project: str,
    hub: str,
    plan: str,
    job: str,
    serviceConnectionId: str = "",  # noqa: N803 - its name on Azure DevOps
) -> dict[str, str]:
    """A token that says that this job may sign in by a service connection. Whose job it is says the token that is
    shown, `System.AccessToken`; the words of the path are those that Azure DevOps has there.

    https://learn.microsoft.com/rest/api/azure/devops/distributedtask/oidctoken/create
    """
    del project, hub, plan, job
    scheme, _, shown = request.headers.get("authorization", "").partition(" ")
    principal = edge.whose(shown.strip()) if scheme.lower() == "bearer" else None
    if principal is None or principal.kind is not PrincipalKind.JOB:
        raise HTTPException(401, "System.AccessToken of a job that runs is needed.")
    connection = edge.applications.connection(principal, serviceConnectionId)
    if connection is None:
        raise HTTPException(404, "There is no such service connection for this job.")
    issued = edge.authority.issue(
        principal,
        Audience.TOKEN_EXCHANGE,
        FEDERATED_SECONDS,
        application=connection.id,
        purpose=Purpose.FEDERATED,
        subject=subject_of(connection),
    )
    return {"oidcToken": issued}
