"""Our own JSON API, version 1: mounted at /api/v1, described at /api/v1/openapi.json."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from drivetrain.errors import DrivetrainError
from drivetrain.view.api.own import (
    approvals,
    artifacts,
    attachments,
    deliveries,
    environments,
    library,
    logs,
    projects,
    reports,
    retention,
    runs,
    stream,
)
from drivetrain.view.api.own.access import ForbiddenError
from drivetrain.view.api.own.shapes import ErrorDocument
from drivetrain.view.problems import FORBIDDEN, INTERNAL, Trouble, plain, trouble

if TYPE_CHECKING:
    from starlette.requests import Request

    from drivetrain.view.site import Site

log = logging.getLogger(__name__)
_ANSWERS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ErrorDocument, "description": "What is wrong with the request, and what to do next."}
}


def create_api(site: Site) -> FastAPI:
    """The API as an application of its own."""
    app = FastAPI(title="Drivetrain", version=site.version, docs_url=None, redoc_url=None, responses=_ANSWERS)
    app.state.site = site
    for module in (
        runs,
        stream,
        logs,
        artifacts,
        attachments,
        reports,
        projects,
        library,
        retention,
        approvals,
        environments,
        deliveries,
    ):
        app.include_router(module.router)
    app.include_router(artifacts.bundles)
    app.add_exception_handler(DrivetrainError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _bug)
    return app


def answer(found: Trouble) -> JSONResponse:
    """An error as JSON."""
    return JSONResponse(found.document(), status_code=found.status)


def _ours(request: Request, error: Exception) -> JSONResponse:
    del request
    if isinstance(error, ForbiddenError):
        return answer(FORBIDDEN)
    assert isinstance(error, DrivetrainError)  # noqa: S101 - Starlette chose this handler by the type
    return answer(trouble(error))


def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - Starlette chose this handler by the type
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    hint = f"{request.scope.get('root_path', '')}/openapi.json describes every request"
    return answer(Trouble(400, "bad_request", f"{where}: {first['msg']}", hint))


def _http(request: Request, error: Exception) -> JSONResponse:
    del request
    assert isinstance(error, HTTPException)  # noqa: S101 - Starlette chose this handler by the type
    return answer(plain(error.status_code, str(error.detail)))


def _bug(request: Request, error: Exception) -> JSONResponse:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return answer(INTERNAL)
