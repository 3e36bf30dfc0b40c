"""Errors in the form of Azure DevOps, which its clients show.

https://learn.microsoft.com/azure/devops/integrate/concepts/rest-api-overview
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from drivetrain.errors import NotFoundError
from drivetrain.view.api.failures import answer_failures

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request

    from drivetrain.view.problems import Trouble

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
    answer_failures(app, _say)


def _say(request: Request, found: Trouble, error: Exception) -> JSONResponse:
    if isinstance(error, HTTPException):
        return _unserved(request, found, str(error.detail))
    if found.code == "bad_definition":
        return refusal(400, found.message, found.hint, "PipelineValidationException")
    return refusal(found.status, found.message, found.hint, error.key if isinstance(error, UnknownError) else "")


def _unserved(request: Request, found: Trouble, detail: str) -> JSONResponse:
    if found.status in {UNAUTHORIZED, 403}:
        return refusal(found.status, detail)
    hint = f"{request.method} {request.scope['path']} is not served; docs/azure/devops-api.md lists what is"
    return refusal(found.status, found.message, hint if found.status in {404, 405} else "")
