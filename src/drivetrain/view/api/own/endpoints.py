"""Online endpoints: what is live, what was, and what is to be."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from drivetrain.errors import NotFoundError
from drivetrain.serve.model import DeploymentSpec, Runtime
from drivetrain.serve.release.model import ReleasePlan, Step
from drivetrain.view.api.own import serving_translate as translate
from drivetrain.view.api.own.access import OwnPagesOnly, SiteOf
from drivetrain.view.api.own.serving_shapes import (
    DeployShape,
    EndpointDetailShape,
    EndpointPage,
    EndpointShape,
    HistoryPage,
    ReleasePage,
    ReleaseShape,
    TrafficShape,
)
from drivetrain.view.serving.ports import Serves

router = APIRouter(tags=["endpoints"])
Limit = Annotated[int, Query(ge=1, le=1000)]


def _serves(site: SiteOf) -> Serves:
    if site.serves is None:
        raise NotFoundError("nothing is served here")
    return site.serves


ServesOf = Annotated[Serves, Depends(_serves)]


@router.get("/endpoints")
def list_endpoints(serves: ServesOf) -> EndpointPage:
    """Every endpoint, by name."""
    known = serves.endpoints.all()
    return EndpointPage(endpoints=[translate.endpoint(each, serves.fronts.status(each.name)) for each in known])


@router.get("/endpoints/{name}")
def get_endpoint(serves: ServesOf, name: str) -> EndpointDetailShape:
    """One endpoint with its deployments, their replicas, and the release under way."""
    found = serves.endpoints.get(name)
    status = serves.fronts.status(found.name)
    releases = [each for each in serves.releases.of(found.name, limit=1) if each.under_way]
    return EndpointDetailShape(
        endpoint=translate.endpoint(found, status),
        deployments=[translate.deployment(each, found, status) for each in serves.endpoints.deployments(found.name)],
        release=translate.release(releases[0]) if releases else None,
    )


@router.post("/endpoints/{name}/traffic", dependencies=[OwnPagesOnly])
def set_traffic(site: SiteOf, serves: ServesOf, name: str, wanted: TrafficShape) -> EndpointShape:
    """Another split, at once; answered when it is carried out."""
    changed = serves.verbs.set_traffic(name, wanted.traffic, wanted.mirror, by=site.owner)
    return translate.endpoint(changed, serves.fronts.status(changed.name))


@router.post("/endpoints/{name}/rollback", dependencies=[OwnPagesOnly])
def rollback(site: SiteOf, serves: ServesOf, name: str) -> EndpointShape:
    """Back to what was live before the last release or change of traffic; answered when it is carried out."""
    changed = serves.verbs.rollback(name, by=site.owner)
    return translate.endpoint(changed, serves.fronts.status(changed.name))


@router.post("/endpoints/{name}/deploy", status_code=201, dependencies=[OwnPagesOnly])
def deploy(site: SiteOf, serves: ServesOf, name: str, wanted: DeployShape) -> ReleaseShape:
    """Begin a release of a registered model; it goes on in the background."""
    spec = DeploymentSpec(
        model=wanted.model,
        runtime=Runtime(wanted.runtime),
        instances=wanted.instances,
        variables=wanted.variables,
    )
    mirror = Step(wanted.mirror, max(wanted.watch, 1.0)) if wanted.mirror else None
    plan = ReleasePlan(tuple(Step(percent, wanted.watch) for percent in wanted.steps), mirror)
    return translate.release(serves.verbs.deploy(name, spec, plan, by=site.owner, name=wanted.deployment))


@router.get("/endpoints/{name}/releases")
def list_releases(serves: ServesOf, name: str, limit: Limit = 50) -> ReleasePage:
    """The releases of one endpoint, the newest first."""
    found = serves.releases.of(serves.endpoints.get(name).name, limit=limit)
    return ReleasePage(releases=[translate.release(each) for each in found])


@router.get("/endpoints/{name}/history")
def history(serves: ServesOf, name: str, limit: Limit = 200) -> HistoryPage:
    """What was live when, by whose decision and from which run, the newest first; also of an endpoint that is gone."""
    return HistoryPage(entries=[translate.entry(each) for each in serves.endpoints.history(name, limit=limit)])


@router.get("/releases/{release_id}")
def get_release(serves: ServesOf, release_id: int) -> ReleaseShape:
    """One release."""
    return translate.release(serves.releases.get(release_id))


@router.post("/releases/{release_id}/cancel", dependencies=[OwnPagesOnly])
def cancel_release(site: SiteOf, serves: ServesOf, release_id: int) -> ReleaseShape:
    """Stop a release that is under way, and give the traffic back."""
    return translate.release(serves.verbs.cancel_release(release_id, by=site.owner))
