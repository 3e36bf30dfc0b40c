"""What goes wrong in an application of the API: caught the same way by all of them, said by each in its own words."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from drivetrain.errors import DrivetrainError
from drivetrain.view.problems import INTERNAL, Trouble, plain, trouble

if TYPE_CHECKING:
    from fastapi import FastAPI

log = logging.getLogger(__name__)
Say = Callable[[Request, Trouble, Exception], Response]
"""Makes the answer that refuses; what was raised tells more than the trouble, where somebody wants more."""


def answer_failures(app: FastAPI, say: Say) -> None:
    """Let everything that this application raises be answered by `say`; our own bugs go to the log first."""

    def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, DrivetrainError)  # noqa: S101 - Starlette chose this handler by the type
        return say(request, trouble(error), error)

    def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - Starlette chose this handler by the type
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return say(request, Trouble(400, "bad_request", f"{where}: {first['msg']}"), error)

    def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - Starlette chose this handler by the type
        return say(request, plain(error.status_code, str(error.detail)), error)

    def bug(request: Request, error: Exception) -> Response:
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return say(request, INTERNAL, error)

    app.add_exception_handler(DrivetrainError, ours)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, bug)
