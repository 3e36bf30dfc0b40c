"""Where a deployment stands, by its own state and what its front says of its replicas."""

from __future__ import annotations

import pytest

from drivetrain.serve.model import Deployment, DeploymentSpec, DeploymentState, Instance, InstanceState, Status
from drivetrain.view.api.azure.online.standing import MANY_RESTARTS, standing

READY, WAITING, STARTING = InstanceState.READY, InstanceState.WAITING, InstanceState.STARTING
CREATING, SUCCEEDED, FAILED = DeploymentState.CREATING, DeploymentState.READY, DeploymentState.FAILED


def replica(state: InstanceState, restarts: int = 0, build: int = 7, deployment: str = "blue") -> Instance:
    return Instance(deployment, 0, state, 1, "", restarts, "exit code 1", build)


CASES = [
    (CREATING, 1, [replica(READY)], (CREATING, False)),
    (SUCCEEDED, 1, None, (SUCCEEDED, False)),
    (SUCCEEDED, 1, [], (SUCCEEDED, False)),
    (SUCCEEDED, 1, [replica(STARTING)], (SUCCEEDED, False)),
    (SUCCEEDED, 1, [replica(READY)], (SUCCEEDED, True)),
    (SUCCEEDED, 2, [replica(READY)], (SUCCEEDED, False)),
    (SUCCEEDED, 2, [replica(READY), replica(READY)], (SUCCEEDED, True)),
    (SUCCEEDED, 1, [replica(READY, build=6)], (SUCCEEDED, False)),
    (SUCCEEDED, 1, [replica(READY, deployment="green")], (SUCCEEDED, False)),
    (SUCCEEDED, 1, [replica(WAITING, MANY_RESTARTS - 1)], (SUCCEEDED, False)),
    (SUCCEEDED, 1, [replica(WAITING, MANY_RESTARTS)], (FAILED, False)),
    (SUCCEEDED, 1, [replica(WAITING, MANY_RESTARTS), replica(READY)], (SUCCEEDED, True)),
    (SUCCEEDED, 1, [replica(WAITING, MANY_RESTARTS, build=6), replica(STARTING)], (SUCCEEDED, False)),
]


@pytest.mark.parametrize(("state", "instances", "seen", "expected"), CASES)
def test_a_deployment_stands_where_its_replicas_do(
    state: DeploymentState, instances: int, seen: list[Instance] | None, expected: tuple[DeploymentState, bool]
) -> None:
    deployment = Deployment("ask", "blue", DeploymentSpec(instances=instances), state, build=7)
    status = None if seen is None else Status(1, 7, "http://127.0.0.1:1", "", instances=tuple(seen))
    found = standing(deployment, status)
    assert (found.state, found.is_up) == expected
    assert ("exit code 1" in found.problem) is (expected[0] is FAILED)


def test_what_sleeps_is_up() -> None:
    deployment = Deployment("ask", "blue", DeploymentSpec(), SUCCEEDED, build=7)
    assert standing(deployment, Status(1, 7, "http://127.0.0.1:1", "", asleep=("blue",))).is_up
