"""Errors in the form of Azure Resource Manager, which its clients show.

https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from drivetrain.errors import DrivetrainError
from drivetrain.view.problems import INTERNAL, plain, trouble

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request

log = logging.getLogger(__name__)
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
    headers = {"www-authenticate": "Bearer"} if status == 401 else {}  # noqa: PLR2004
    return JSONResponse(document(status, message, hint, code), status, headers)


def answer_errors(app: FastAPI) -> None:
    """Let every error of this application be answered so."""
    app.add_exception_handler(DrivetrainError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _bug)


def _ours(request: Request, error: Exception) -> JSONResponse:
    del request
    assert isinstance(error, DrivetrainError)  # noqa: S101 - Starlette chose this handler by the type
    found = trouble(error)
    return refusal(found.status, found.message, found.hint)


def _invalid(request: Request, error: Exception) -> JSONResponse:
    del request
    assert isinstance(error, RequestValidationError)  # noqa: S101 - Starlette chose this handler by the type
    first = error.errors()[0]
    return refusal(400, f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}")


def _http(request: Request, error: Exception) -> JSONResponse:
    del request
    assert isinstance(error, HTTPException)  # noqa: S101 - Starlette chose this handler by the type
    found = plain(error.status_code, str(error.detail))
    message = found.message if error.status_code != 401 else str(error.detail)  # noqa: PLR2004
    return refusal(error.status_code, message, found.hint)


def _bug(request: Request, error: Exception) -> JSONResponse:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return refusal(INTERNAL.status, INTERNAL.message, INTERNAL.hint)
