"""Environments: what is deployed to, and what was deployed there."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from drivetrain.view.api.own import gate_translate as translate
from drivetrain.view.api.own.access import OwnPagesOnly, SiteOf
from drivetrain.view.api.own.gate_shapes import (
    EnvironmentDetailShape,
    EnvironmentPage,
    EnvironmentResourceShape,
    EnvironmentShape,
    NewEnvironmentShape,
    NewResourceShape,
)
from drivetrain.view.protection import checks_of

router = APIRouter(tags=["environments"])


@router.get("/environments")
def list_environments(site: SiteOf) -> EnvironmentPage:
    """Every environment with its newest deployment, by name."""
    latest = site.environments.latest()
    known = site.environments.all()
    return EnvironmentPage(environments=[translate.environment(each, latest.get(each.id)) for each in known])


@router.post("/environments", status_code=201, dependencies=[OwnPagesOnly])
def create_environment(site: SiteOf, wanted: NewEnvironmentShape) -> EnvironmentShape:
    """Make an environment before anything is deployed to it."""
    made = site.environments.create(wanted.name.strip(), wanted.project, description=wanted.description, by=site.owner)
    return translate.environment(made)


@router.get("/environments/{environment_id}")
def get_environment(
    site: SiteOf, environment_id: int, limit: Annotated[int, Query(ge=1, le=1000)] = 50
) -> EnvironmentDetailShape:
    """One environment with its checks, and what was deployed there, newest first."""
    found = site.environments.get(environment_id)
    history = site.environments.history(environment_id, limit)
    return EnvironmentDetailShape(
        environment=translate.environment(found, history[0] if history else None),
        checks=[translate.check(each) for each in checks_of(site.desk, found)],
        deployments=[translate.deployment(each) for each in history],
    )


@router.post("/environments/{environment_id}/delete", status_code=204, dependencies=[OwnPagesOnly])
def delete_environment(site: SiteOf, environment_id: int) -> None:
    """Forget it and its checks; what was deployed there stays known."""
    site.environments.delete(environment_id)


@router.post("/environments/{environment_id}/resources", dependencies=[OwnPagesOnly])
def put_resource(site: SiteOf, environment_id: int, wanted: NewResourceShape) -> EnvironmentResourceShape:
    """Add a resource, or change its type and tags."""
    made = site.environments.put_resource(environment_id, wanted.name.strip(), wanted.type, wanted.tags)
    return translate.resource(made)


@router.post("/environments/{environment_id}/resources/{name}/remove", status_code=204, dependencies=[OwnPagesOnly])
def remove_resource(site: SiteOf, environment_id: int, name: str) -> None:
    """Take a resource out."""
    site.environments.remove_resource(environment_id, name)
