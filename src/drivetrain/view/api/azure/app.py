"""The Azure edge: what the official clients ask of Azure, answered by this home, over TLS on a port of its own.

Who may come in is said here, router by router; a router without `signed_in` has no principal, and so no workspace.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Depends, FastAPI

from drivetrain.view.api.azure.access import WORKSPACE_PATH, signed_in
from drivetrain.view.api.azure.arm import computes, workspaces
from drivetrain.view.api.azure.arm.routes import include_arm
from drivetrain.view.api.azure.artifacts import routes as artifacts
from drivetrain.view.api.azure.blob import routes
from drivetrain.view.api.azure.classic import datasets, datastores, environments, models
from drivetrain.view.api.azure.errors import answer_errors
from drivetrain.view.api.azure.execution import routes as execution_routes
from drivetrain.view.api.azure.execution import snapshots
from drivetrain.view.api.azure.history import artifact_routes, experiments
from drivetrain.view.api.azure.history import routes as history_routes
from drivetrain.view.api.azure.identity import discovery, managed, sign_in
from drivetrain.view.api.azure.identity.model import Audience
from drivetrain.view.api.azure.jobs import data_routes
from drivetrain.view.api.azure.jobs import routes as job_routes
from drivetrain.view.api.azure.metrics import older as older_metrics
from drivetrain.view.api.azure.metrics import routes as metrics_routes
from drivetrain.view.api.azure.mlflow.front import WorkspaceMlflow
from drivetrain.view.api.azure.paths import with_canonical_paths
from drivetrain.view.api.azure.resources import subscriptions
from drivetrain.view.api.azure.schedules import routes as schedule_routes

if TYPE_CHECKING:
    from drivetrain.view.api.azure.edge import Edge
    from drivetrain.view.api.mlflow.asgi import Application

_SERVICES = {
    "/artifact/v2.0": (artifacts.stored, artifact_routes.router),
    "/history/v1.0": (
        artifacts.of_runs,
        experiments.router,
        history_routes.router,
        data_routes.history,
        older_metrics.router,
    ),
    "/data/v1.0": (data_routes.data, datasets.versions),
    "/dataset/v1.0": (datasets.router,),
    "/metric/v2.0": (metrics_routes.router,),
    "/execution/v1.0": (execution_routes.router,),
    "/content/v1.0": (snapshots.older,),
    "/content/v2.0": (snapshots.newer,),
    "/environment/v1.0": (environments.router,),
    "/datastore/v1.0": (datastores.router,),
    "/modelmanagement/v1.0": (models.router,),
    "/api": (models.router,),  # as clients before 2020 ask for it
    "/rp/workspaces": (computes.router, workspaces.router),
}
"""The services of a workspace that are not Azure Resource Manager's, by the prefix of their routes."""


def create_edge(edge: Edge) -> Application:
    """The edge as an application."""
    return with_canonical_paths(WorkspaceMlflow(edge, create_api(edge)))


def create_api(edge: Edge) -> FastAPI:
    """Its routes, with their OpenAPI description."""
    app = FastAPI(title="Drivetrain's Azure edge", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.edge = edge
    for public in (discovery, managed, sign_in, routes):  # blob storage has ways of its own to come in
        app.include_router(public.router)
    include_arm(app)
    services = [Depends(signed_in(Audience.MANAGEMENT, Audience.MACHINE_LEARNING))]
    for service, routers in _SERVICES.items():
        for router in routers:
            app.include_router(router, prefix=service + WORKSPACE_PATH, dependencies=services)
    app.include_router(subscriptions.router, dependencies=[Depends(signed_in(Audience.MANAGEMENT))])
    for router in (job_routes.router, schedule_routes.router):
        app.include_router(router, prefix=WORKSPACE_PATH, dependencies=[Depends(signed_in(Audience.MANAGEMENT))])
    answer_errors(app)
    return app
