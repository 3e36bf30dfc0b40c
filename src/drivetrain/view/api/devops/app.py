"""The Azure DevOps API of a home: the clients of Azure DevOps find runs, logs, artifacts, tests and the library here.

Served beside the pages, and beside the Azure edge. It translates, over the same ports as our own API.
https://learn.microsoft.com/rest/api/azure/devops/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.routing import APIRoute

from drivetrain.view.api.devops import (
    approvals,
    artifacts,
    badges,
    build_logs,
    builds,
    definitions,
    environments,
    job_events,
    leases,
    organization,
    pipelines,
    repositories,
    service_endpoints,
    tags,
    test_runs,
    timeline,
    variable_groups,
    webhooks,
)
from drivetrain.view.api.devops.errors import answer_errors
from drivetrain.view.api.devops.paths import is_devops, with_devops_paths

if TYPE_CHECKING:
    from drivetrain.view.api.devops.services import Services
    from drivetrain.view.api.mlflow.asgi import Application, Receive, Scope, Send


ROUTERS = (
    organization.router,
    approvals.router,  # before pipelines: `pipelines/approvals` is not the pipeline of that number
    pipelines.signed,
    pipelines.router,
    builds.router,
    badges.router,
    build_logs.router,
    timeline.router,
    artifacts.router,
    tags.router,
    leases.router,
    definitions.router,
    test_runs.router,
    variable_groups.router,
    service_endpoints.router,
    environments.router,
    environments.pools,
    repositories.router,
    job_events.router,
    webhooks.router,
)


def create_api(services: Services) -> FastAPI:
    """Its routes."""
    app = FastAPI(title="Drivetrain's Azure DevOps API", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.services = services
    for router in ROUTERS:
        app.include_router(router)
    app.router.redirect_slashes = False
    answer_errors(app)
    return app


def create_devops(services: Services) -> Application:
    """The API as an application that takes addresses as clients send them."""
    templates = [route.path for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    return with_devops_paths(create_api(services), templates)


def beside(application: Application, devops: Application) -> Application:
    """The application, with the Azure DevOps API at its addresses."""

    async def chosen(scope: Scope, receive: Receive, send: Send) -> None:
        meant = scope["type"] == "http" and is_devops(scope["path"])
        await (devops if meant else application)(scope, receive, send)

    return chosen
