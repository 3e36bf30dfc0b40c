"""Where a deployment stands, as Azure means it: it has succeeded once its replicas are ready, and failed when they end
by themselves again and again. Pure.

https://learn.microsoft.com/azure/machine-learning/how-to-troubleshoot-online-endpoints#error-resourcenotready
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.serve.model import DeploymentState, InstanceState

if TYPE_CHECKING:
    from drivetrain.serve.model import Deployment, Status

MANY_RESTARTS = 2
"""A replica that has ended by itself so often does not come up."""


class Standing(Struct, frozen=True):
    """Where it stands."""

    state: DeploymentState
    problem: str = ""
    is_up: bool = False
    """Whether as many replicas as it is to have are ready, or it sleeps."""


def standing(deployment: Deployment, status: Status | None) -> Standing:
    """Where it stands; `status` is its front's, None when that does not answer."""
    if deployment.state is not DeploymentState.READY or status is None:
        return Standing(deployment.state, deployment.problem)
    own = [each for each in status.instances if each.deployment == deployment.name and each.build == deployment.build]
    ready = sum(each.state is InstanceState.READY for each in own)
    crashed = next((each for each in own if each.restarts >= MANY_RESTARTS), None)
    if crashed is not None and not ready:
        return Standing(DeploymentState.FAILED, f"its replicas end by themselves: {crashed.problem}")
    is_up = deployment.name in status.asleep or ready >= deployment.spec.instances
    return Standing(deployment.state, deployment.problem, is_up)
