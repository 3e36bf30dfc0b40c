"""Our own JSON API, version 1: mounted at /api/v1, described at /api/v1/openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from msgspec.structs import replace

from drivetrain.view.api.failures import answer_failures
from drivetrain.view.api.own import (
    approvals,
    artifacts,
    attachments,
    deliveries,
    endpoints,
    environments,
    library,
    logs,
    models,
    projects,
    reports,
    retention,
    runs,
    stream,
    tokens,
    verdicts,
    whys,
)
from drivetrain.view.api.own.access import ForbiddenError
from drivetrain.view.api.own.shapes import ErrorDocument
from drivetrain.view.problems import FORBIDDEN

if TYPE_CHECKING:
    from starlette.requests import Request

    from drivetrain.view.problems import Trouble
    from drivetrain.view.site import Site

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
        endpoints,
        tokens,
        deliveries,
        whys,
        models,
        verdicts,
    ):
        app.include_router(module.router)
    app.include_router(artifacts.bundles)
    answer_failures(app, _say)
    return app


def answer(found: Trouble) -> JSONResponse:
    """An error as JSON."""
    return JSONResponse(found.document(), status_code=found.status)


def _say(request: Request, found: Trouble, error: Exception) -> JSONResponse:
    if isinstance(error, ForbiddenError):
        return answer(FORBIDDEN)
    if isinstance(error, RequestValidationError):
        hint = f"{request.scope.get('root_path', '')}/openapi.json describes every request"
        return answer(replace(found, hint=hint))
    return answer(found)
