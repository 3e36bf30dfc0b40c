"""The web application: pages, our own API, static files, and MLflow's front where there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from drivetrain.errors import DrivetrainError
from drivetrain.view.api.devops.app import beside
from drivetrain.view.api.own.app import create_api
from drivetrain.view.problems import FORBIDDEN
from drivetrain.view.security import SecurityHeaders, same_origin
from drivetrain.view.web.pages import (
    about,
    approvals,
    endpoints,
    environments,
    images,
    library,
    logs,
    models,
    overview,
    problem,
    projects,
    reports,
    run,
    runs,
    training,
    trying,
)
from drivetrain.view.web.rendering import STATIC, Renderer

if TYPE_CHECKING:
    import os
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Scope

    from drivetrain.view.site import Guard, Site

    Handler = Callable[[Request], Response] | Callable[[Request], Awaitable[Response]]


_BADGE = Route("/badges/{project}.svg", images.project_badge)


def create_app(
    site: Site,
    *,
    guard: Guard | None = None,
    mlflow: ASGIApp | None = None,
    devops: ASGIApp | None = None,
    hooks: ASGIApp | None = None,
) -> ASGIApp:
    """Everything that the server answers.

    `guard` wraps all of it but `/healthz` and `/static`, which hold nothing of the user's, `hooks`, mounted at
    `/hooks`, where signatures are checked, pictures at addresses that nobody can guess, and badges, where they are
    public. `mlflow` is mounted at `/mlflow`; it is behind the guard, too, and brings its own pages' headers. `devops`
    is the Azure DevOps API.
    """
    inner: ASGIApp = _application(site, mlflow)
    inner = beside(inner, devops) if devops else inner
    guarded = guard(inner) if guard else inner
    open_routes = Starlette(
        routes=[
            Route("/healthz", _healthz),
            Mount("/static", _Static(directory=STATIC)),
            *([Mount("/hooks", hooks)] if hooks else []),
            Route("/answers/{key}/{run_id}.svg", images.picture),
            *([_BADGE] if site.badges else []),
            Mount("/", guarded),
        ],
        middleware=[Middleware(SecurityHeaders)],
    )
    open_routes.router.redirect_slashes = False
    open_routes.state.site = site
    return open_routes


def _application(site: Site, mlflow: ASGIApp | None) -> Starlette:
    mounts = [Mount("/api/v1", create_api(site)), *([Mount("/mlflow", mlflow)] if mlflow else [])]
    app = Starlette(
        routes=[*_pages(), *mounts],
        exception_handlers={DrivetrainError: problem.ours, HTTPException: problem.http, Exception: problem.bug},
    )
    app.router.redirect_slashes = False
    app.state.site = site
    app.state.renderer = Renderer(site)
    return app


def _pages() -> list[Route]:
    return [
        Route("/", overview.show),
        Route("/runs", runs.show),
        Route("/runs/{run_id}", run.show),
        Route("/runs/{run_id}/cancel", _change(run.cancel), methods=["POST"]),
        Route("/runs/{run_id}/stages/{stage}/start", _change(run.start), methods=["POST"]),
        Route("/runs/{run_id}/rerun", _change(run.rerun), methods=["POST"]),
        Route("/runs/{run_id}/rerun-failed", _change(run.rerun_failed), methods=["POST"]),
        Route("/runs/{run_id}/stages/{stage}/rerun", _change(run.rerun_stage), methods=["POST"]),
        Route("/runs/{run_id}/keep", _keep, methods=["POST"]),
        Route("/runs/{run_id}/unkeep", _change(run.unkeep), methods=["POST"]),
        Route("/runs/{run_id}/artifacts/{artifact}", run.artifact),
        Route("/runs/{run_id}/tests", reports.tests),
        Route("/runs/{run_id}/coverage", reports.coverage),
        Route("/runs/{run_id}/logs/{job}", logs.job),
        Route("/runs/{run_id}/logs/{job}/{step}", logs.step),
        Route("/runs/{run_id}/decide", _decide, methods=["POST"]),
        Route("/environments", environments.show_all),
        Route("/environments/{environment}", environments.show),
        _BADGE,
        Route("/projects", projects.show_all),
        Route("/projects/{project}", projects.show),
        Route("/projects/{project}/queue", _queue, methods=["POST"]),
        Route("/library", library.show_all),
        Route("/library/{shelf}", _form(library.create), methods=["POST"]),
        Route("/library/{shelf}/new", library.new),
        Route("/library/{shelf}/{item}", library.show),
        Route("/library/{shelf}/{item}/{verb}", _form(library.change), methods=["POST"]),
        Route("/lineage", models.lineage),
        Route("/models", models.show_all),
        Route("/models/{model}", models.show),
        Route("/models/{model}/compare", models.compare),
        Route("/models/{model}/promote", _form(models.promote), methods=["POST"]),
        Route("/models/{model}/versions/{version}", models.version),
        Route("/endpoints", endpoints.show_all),
        Route("/endpoints/{endpoint}", endpoints.show),
        Route("/endpoints/{endpoint}/figures", endpoints.figures),
        Route("/endpoints/{endpoint}/history", endpoints.history),
        Route("/endpoints/{endpoint}/keys", _change(endpoints.keys), methods=["POST"]),
        Route("/endpoints/{endpoint}/logs/{deployment}", endpoints.logs),
        Route("/endpoints/{endpoint}/releases/{release}", endpoints.release),
        Route("/endpoints/{endpoint}/releases/{release}/cancel", _change(endpoints.cancel_release), methods=["POST"]),
        Route("/endpoints/{endpoint}/rollback", _change(endpoints.rollback), methods=["POST"]),
        Route("/endpoints/{endpoint}/traffic", _form(endpoints.change_traffic), methods=["POST"]),
        Route("/endpoints/{endpoint}/try", _form(trying.ask), methods=["POST"]),
        Route("/training", training.show),
        Route("/tests", reports.trends),
        Route("/about", about.show),
    ]


async def _queue(request: Request) -> Response:
    return await projects.queue(request) if same_origin(request) else problem.show(request, FORBIDDEN)


async def _decide(request: Request) -> Response:
    return await approvals.decide(request) if same_origin(request) else problem.show(request, FORBIDDEN)


async def _keep(request: Request) -> Response:
    return await run.keep(request) if same_origin(request) else problem.show(request, FORBIDDEN)


def _change(page: Callable[[Request], Response]) -> Callable[[Request], Response]:
    def checked(request: Request) -> Response:
        return page(request) if same_origin(request) else problem.show(request, FORBIDDEN)

    return checked


def _form(page: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    async def checked(request: Request) -> Response:
        return await page(request) if same_origin(request) else problem.show(request, FORBIDDEN)

    return checked


async def _healthz(request: Request) -> Response:
    del request
    return PlainTextResponse("ok\n")


class _Static(StaticFiles):
    """Shipped files: kept by the browser, and asked about each time."""

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = "no-cache"
        return response
