"""All routes of this package, with what each needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Depends

from drivetrain.view.api.azure.access import MANAGEMENT_PATH, REGISTRY_PATH, WORKSPACE_PATH, signed_in
from drivetrain.view.api.azure.arm import (
    assets,
    batch_endpoints,
    computes,
    connections,
    datastores,
    models,
    operations,
    registries,
    workspaces,
)
from drivetrain.view.api.azure.identity.model import Audience
from drivetrain.view.api.azure.online import deployment_routes as online_deployments
from drivetrain.view.api.azure.online import routes as online_endpoints

if TYPE_CHECKING:
    from fastapi import FastAPI

_ASSETS = (assets.environments, assets.data_assets, assets.components, assets.codes, models.router)
_OF_A_WORKSPACE = (
    workspaces.router,
    computes.router,
    connections.router,
    datastores.router,
    online_endpoints.router,
    online_deployments.router,
    batch_endpoints.router,
    operations.router,
    *_ASSETS,
)


def include_arm(app: FastAPI) -> None:
    """Add them to the edge."""
    needed = [Depends(signed_in(Audience.MANAGEMENT))]
    for public in (workspaces.discovery, batch_endpoints.scoring):
        app.include_router(public)
    for everywhere in (workspaces.lists, computes.sizes, registries.router):
        app.include_router(everywhere, dependencies=needed)
    for router in _OF_A_WORKSPACE:
        app.include_router(router, prefix=WORKSPACE_PATH, dependencies=needed)
    app.include_router(
        batch_endpoints.jobs,
        prefix=MANAGEMENT_PATH,
        dependencies=[Depends(signed_in(Audience.MANAGEMENT, Audience.MACHINE_LEARNING))],
    )
    for router in (registries.uploads, *_ASSETS):
        app.include_router(router, prefix=REGISTRY_PATH, dependencies=needed)
