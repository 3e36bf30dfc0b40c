"""Values of serving -> the JSON of our own API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.serve.release.next import percent_now
from drivetrain.serve.rules.live import what_it_serves
from drivetrain.view.api.own.serving_shapes import (
    DeploymentShape,
    EndpointShape,
    HistoryShape,
    InstanceShape,
    ReleaseShape,
)

if TYPE_CHECKING:
    from drivetrain.serve.model import Deployment, Endpoint, HistoryEntry, Status
    from drivetrain.serve.release.model import Release


def endpoint(found: Endpoint, status: Status | None) -> EndpointShape:
    """An endpoint, and where its front answers."""
    return EndpointShape(
        name=found.name,
        auth=found.auth,
        traffic=dict(found.traffic),
        mirror=dict(found.mirror),
        url=status.url if status is not None else "",
        generation=found.generation,
        created_at=found.created_at,
        created_by=found.created_by,
        updated_at=found.updated_at,
    )


def deployment(found: Deployment, of: Endpoint, status: Status | None) -> DeploymentShape:
    """A deployment with its replicas."""
    replicas = [each for each in status.instances if each.deployment == found.name] if status is not None else []
    return DeploymentShape(
        name=found.name,
        state=found.state,
        model=what_it_serves(found.spec),
        traffic=of.traffic.get(found.name, 0),
        mirror=of.mirror.get(found.name, 0),
        instances=found.spec.instances,
        asleep=status is not None and found.name in status.asleep,
        replicas=[
            InstanceShape(
                number=each.number, state=each.state, since=each.since, restarts=each.restarts, problem=each.problem
            )
            for each in replicas
        ],
        runtime=found.launch.runtime if found.launch is not None else "",
        note=found.launch.note if found.launch is not None else "",
        problem=found.problem,
        variables=sorted(found.spec.variables),
        run_id=found.run_id,
        created_at=found.created_at,
        created_by=found.created_by,
        updated_at=found.updated_at,
    )


def release(found: Release) -> ReleaseShape:
    """A release."""
    return ReleaseShape(
        id=found.id,
        endpoint=found.endpoint,
        deployment=found.deployment,
        state=found.state,
        under_way=found.under_way,
        percent=percent_now(found),
        steps=[step.percent for step in found.plan.steps],
        before=dict(found.before),
        reason=found.reason,
        run_id=found.run_id,
        created_at=found.created_at,
        created_by=found.created_by,
        ended_at=found.ended_at,
    )


def entry(found: HistoryEntry) -> HistoryShape:
    """A change of what is live."""
    return HistoryShape(
        id=found.id,
        at=found.at,
        endpoint=found.endpoint,
        kind=found.kind,
        by=found.by,
        run_id=found.run_id,
        data=dict(found.data),
    )
