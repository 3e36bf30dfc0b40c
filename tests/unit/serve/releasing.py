"""Releases and what is known of them, as tests of releases make them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from drivetrain.clock import timestamp
from drivetrain.serve.model import (
    BUCKETS,
    Deployment,
    DeploymentSpec,
    DeploymentState,
    Endpoint,
    Instance,
    InstanceState,
    Launch,
    Speaks,
    Status,
    Tally,
    Wanted,
)
from drivetrain.serve.release.actions import Facts
from drivetrain.serve.release.model import Release, ReleasePlan

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LAUNCH = Launch(("serve",), "/models/1", Speaks.FRAMES, example='{"input_data": [[1]]}')
READY = DeploymentState.READY


def release(age: float = 0.0, **given: Any) -> Release:
    """Of `green` beside `blue`; its state began `age` seconds ago."""
    since = timestamp(NOW - timedelta(seconds=age))
    return replace(Release(1, "shop", "green", ReleasePlan(), {"blue": 100}, since=since), **given)


def deployment(state: DeploymentState = READY, problem: str = "", **spec: Any) -> Deployment:
    """`green`."""
    launch = LAUNCH if state is READY else None
    return Deployment("shop", "green", DeploymentSpec(model="m:2", **spec), state, launch, problem=problem)


def instance(state: InstanceState = InstanceState.READY, restarts: int = 0, problem: str = "") -> Instance:
    """A replica of `green`."""
    return Instance("green", 1, state, 7, restarts=restarts, problem=problem)


def tally(requests: int = 0, errors: int = 0, within: float = 0.005, mirrored: int = 0, disagreed: int = 0) -> Tally:
    """So many answers, all of them within so many seconds (one of BUCKETS)."""
    place = BUCKETS.index(within)
    counts = tuple(requests if each == place else 0 for each in range(len(BUCKETS) + 1))
    return Tally(requests, errors, requests * within, counts, mirrored, disagreed)


def facts(
    *instances: Instance,
    of: Deployment | None = None,
    gone: bool = False,
    front: bool = True,
    generation: int = 5,
    **tallies: Tally,
) -> Facts:
    """What is known: the front has heard of generation 5, which is wanted, when nothing else is said."""
    status = Status(1, generation, "http://127.0.0.1:8700", "", (), instances, tallies)
    wanted = Wanted(Endpoint("shop", generation=5), (), ())
    return Facts(wanted, None if gone else of or deployment(), status if front else None)
