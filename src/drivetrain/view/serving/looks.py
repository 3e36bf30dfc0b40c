"""How endpoints, deployments, replicas and releases look: icon and word. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.serve.model import DeploymentState, InstanceState
from drivetrain.serve.release.model import ReleaseState
from drivetrain.view.serving.live import instances, lowered
from drivetrain.view.web.present import Look

if TYPE_CHECKING:
    from drivetrain.serve.model import Deployment, Endpoint, Instance, Status
    from drivetrain.serve.release.model import Release

ANSWERS, ASLEEP = Look("succeeded", "Answers"), Look("skipped", "Asleep")
STOPPED, IDLE = Look("failed", "Does not run"), Look("skipped", "No traffic")
STARTING, PARTLY = Look("running", "Starting"), Look("issues", "Partly ready")
NO_REPLICA = Look("failed", "No replica is ready")

_DEPLOYMENTS = {
    DeploymentState.CREATING: Look("running", "Being prepared"),
    DeploymentState.UPDATING: Look("running", "Being changed"),
    DeploymentState.FAILED: Look("failed", "Failed"),
    DeploymentState.DELETING: Look("running", "Being deleted"),
}
_INSTANCES = {
    InstanceState.STARTING: Look("running", "Starting"),
    InstanceState.READY: Look("succeeded", "Ready"),
    InstanceState.UNREADY: Look("issues", "Not ready"),
    InstanceState.WAITING: Look("failed", "Waits to start again"),
    InstanceState.ENDING: Look("skipped", "Ending"),
}
_RELEASES = {
    ReleaseState.FINISHED: Look("succeeded", "Finished"),
    ReleaseState.ROLLED_BACK: Look("failed", "Rolled back"),
    ReleaseState.FAILED: Look("failed", "Failed"),
}


def endpoint_look(endpoint: Endpoint, status: Status | None) -> Look:
    """How an endpoint is: the worst of its deployments with traffic."""
    names = [name for name, percent in endpoint.traffic.items() if percent]
    if not names:
        return IDLE
    if status is None:
        return STOPPED
    looks = [replicas_look(name, status) for name in names]
    return max(looks, key=_WORST.index)


_WORST = [ANSWERS, ASLEEP, STARTING, PARTLY, NO_REPLICA, STOPPED]


def replicas_look(deployment: str, status: Status | None) -> Look:
    """How the replicas of a deployment are, together."""
    if status is None:
        return STOPPED
    found = [each.state for each in instances(status, deployment)]
    ready = sum(state is InstanceState.READY for state in found)
    if ready and all(state in {InstanceState.READY, InstanceState.ENDING} for state in found):
        return ANSWERS
    if ready:
        return PARTLY
    if deployment.lower() in lowered(dict.fromkeys(status.asleep, 1)):
        return ASLEEP
    return STARTING if InstanceState.STARTING in found else NO_REPLICA


def deployment_look(deployment: Deployment, status: Status | None) -> Look:
    """How a deployment is: while it is prepared that, then its replicas."""
    return _DEPLOYMENTS.get(deployment.state) or replicas_look(deployment.name, status)


def instance_look(instance: Instance) -> Look:
    """How a replica is."""
    return _INSTANCES[instance.state]


def release_look(release: Release) -> Look:
    """Where a release stands."""
    return _RELEASES.get(release.state) or Look("running", release.state.value.capitalize())
