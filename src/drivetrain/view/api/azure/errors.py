"""Errors in the form of Azure Resource Manager, which its clients show.

https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from drivetrain.view.api.failures import answer_failures

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request

    from drivetrain.view.problems import Trouble

UNAUTHORIZED = 401
_CODES = {
    400: "BadRequest",
    401: "InvalidAuthenticationToken",
    403: "AuthorizationFailed",
    404: "ResourceNotFound",
    405: "MethodNotAllowed",
    409: "Conflict",
    422: "UserError",
    503: "ServiceUnavailable",
}


def document(status: int, message: str, hint: str = "", code: str = "") -> dict[str, Any]:
    """The body of an answer that refuses."""
    words = f"{message} ({hint})" if hint else message
    return {"error": {"code": code or _CODES.get(status, "InternalServerError"), "message": words, "details": []}}


def refusal(status: int, message: str, hint: str = "", code: str = "") -> JSONResponse:
    """The answer that refuses."""
    headers = {"www-authenticate": "Bearer"} if status == UNAUTHORIZED else {}
    return JSONResponse(document(status, message, hint, code), status, headers)


def answer_errors(app: FastAPI) -> None:
    """Let every error of this application be answered so."""
    answer_failures(app, _say)


def _say(request: Request, found: Trouble, error: Exception) -> JSONResponse:
    del request
    if isinstance(error, HTTPException) and found.status == UNAUTHORIZED:
        return refusal(found.status, str(error.detail), found.hint)
    return refusal(found.status, found.message, found.hint)
