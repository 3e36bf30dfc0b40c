"""Errors in the form of Azure DevOps, which its clients show.

https://learn.microsoft.com/azure/devops/integrate/concepts/rest-api-overview
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from drivetrain.errors import DrivetrainError, NotFoundError
from drivetrain.view.problems import INTERNAL, plain, trouble

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request

log = logging.getLogger(__name__)
UNAUTHORIZED = 401
_KEYS = {
    400: "InvalidRequestException",
    401: "UnauthorizedRequestException",
    403: "AccessCheckException",
    404: "NotFoundException",
    405: "MethodNotAllowedException",
    409: "ConflictException",
    422: "PipelineValidationException",
    503: "ServiceUnavailableException",
}
_SPACE = "Microsoft.TeamFoundation"


class UnknownError(NotFoundError):
    """Something named does not exist; `key` is how Azure calls the error."""

    def __init__(self, message: str, key: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.key = key


def no_project(name: str) -> UnknownError:
    """There is no such project, or whoever asks may not see it: Azure does not tell the two apart."""
    return UnknownError(
        f"TF200016: The following project does not exist: {name}. Verify that the name of the project is correct and "
        "that the project exists on the specified Azure DevOps Server.",
        "ProjectDoesNotExistWithNameException",
    )


def document(message: str, key: str) -> dict[str, Any]:
    """The body of an answer that refuses."""
    return {
        "$id": "1",
        "innerException": None,
        "message": message,
        "typeName": f"{_SPACE}.{key}, {_SPACE}",
        "typeKey": key,
        "errorCode": 0,
        "eventId": 3000,
    }


def refusal(status: int, message: str, hint: str = "", key: str = "") -> JSONResponse:
    """The answer that refuses."""
    words = f"{message} ({hint})" if hint else message
    headers = {"www-authenticate": 'Basic realm="Drivetrain"'} if status == UNAUTHORIZED else {}
    return JSONResponse(document(words, key or _KEYS.get(status, "VssServiceException")), status, headers)


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
    key = error.key if isinstance(error, UnknownError) else ""
    status = 400 if found.code == "bad_definition" else found.status
    return refusal(status, found.message, found.hint, key or ("PipelineValidationException" * (status != found.status)))


def _invalid(request: Request, error: Exception) -> JSONResponse:
    del request
    assert isinstance(error, RequestValidationError)  # noqa: S101 - Starlette chose this handler by the type
    first = error.errors()[0]
    return refusal(400, f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}")


def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - Starlette chose this handler by the type
    if error.status_code in {UNAUTHORIZED, 403}:
        return refusal(error.status_code, str(error.detail))
    found = plain(error.status_code, str(error.detail))
    hint = f"{request.method} {request.scope['path']} is not served; docs/azure/devops-api.md lists what is"
    return refusal(error.status_code, found.message, hint if error.status_code in {404, 405} else "")


def _bug(request: Request, error: Exception) -> JSONResponse:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return refusal(INTERNAL.status, INTERNAL.message, INTERNAL.hint)
