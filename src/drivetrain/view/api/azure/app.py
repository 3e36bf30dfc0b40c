"""The Azure edge: what the official clients ask of Azure, answered by this home, over TLS on a port of its own.

Who may come in is said here, router by router; a router without `signed_in` has no principal, and so no workspace.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI

from drivetrain.view.api.azure.arm.routes import include_arm
from drivetrain.view.api.azure.errors import answer_errors
from drivetrain.view.api.azure.identity import discovery, managed
from drivetrain.view.api.azure.paths import with_canonical_paths

if TYPE_CHECKING:
    from drivetrain.view.api.azure.edge import Edge
    from drivetrain.view.api.mlflow.asgi import Application


def create_edge(edge: Edge) -> Application:
    """The edge as an application."""
    return with_canonical_paths(create_api(edge))


def create_api(edge: Edge) -> FastAPI:
    """Its routes, with their OpenAPI description."""
    app = FastAPI(title="Drivetrain's Azure edge", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.edge = edge
    for public in (discovery, managed):
        app.include_router(public.router)
    include_arm(app)
    answer_errors(app)
    return app
