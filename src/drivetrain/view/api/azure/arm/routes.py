"""All routes of this package, with what each needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Depends

from drivetrain.view.api.azure.access import WORKSPACE_PATH, signed_in
from drivetrain.view.api.azure.arm import assets, computes, datastores, endpoints, workspaces
from drivetrain.view.api.azure.identity.model import Audience

if TYPE_CHECKING:
    from fastapi import FastAPI

_OF_A_WORKSPACE = (
    workspaces.router,
    computes.router,
    datastores.router,
    assets.environments,
    assets.data_assets,
    assets.components,
    assets.codes,
    endpoints.online,
    endpoints.batch,
)


def include_arm(app: FastAPI) -> None:
    """Add them to the edge."""
    needed = [Depends(signed_in(Audience.MANAGEMENT))]
    for public in (workspaces.discovery, endpoints.scoring):
        app.include_router(public)
    for everywhere in (workspaces.lists, computes.sizes):
        app.include_router(everywhere, dependencies=needed)
    for router in _OF_A_WORKSPACE:
        app.include_router(router, prefix=WORKSPACE_PATH, dependencies=needed)
