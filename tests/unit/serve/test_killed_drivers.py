"""A driver that is killed at any point: the next one goes on, and nothing is lost or done twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from drivetrain.clock import FixedClock
from drivetrain.serve.model import DeploymentSpec, Launch, Speaks
from drivetrain.serve.parts import ServingParts
from drivetrain.serve.preparing import prepare, to_prepare
from drivetrain.serve.release.driver import drive
from drivetrain.serve.release.model import ReleasePlan, ReleaseState, Step
from drivetrain.serve.verbs import ServingVerbs
from drivetrain.wire.serving.locks import FileLocks
from drivetrain.wire.serving.working import Keeping
from tests.contracts.memory_endpoints import MemoryEndpoints, MemoryReleases
from tests.contracts.memory_fronts import MemoryFronts
from tests.unit.serve.releasing import NOW, tally

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drivetrain.serve.model import Status
    from drivetrain.serve.release.model import Release

PLAN = ReleasePlan((Step(10, 2.0), Step(50, 2.0), Step(100, 2.0)), Step(20, 2.0))
KINDS = ["release.started", "release.mirror", "release.step", "release.step", "release.step", "release.finished"]


class KilledError(BaseException):
    """As no code of ours catches it."""


@dataclass
class Mortal:
    """A port that is killed before or after one of its calls."""

    port: object
    life: Life

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            self.life.one_more()
            done = getattr(self.port, name)(*args, **named)
            self.life.one_more()
            return done

        return call


@dataclass
class Life:
    """How many moments are left; none when it is over."""

    left: int
    spent: int = 0

    def one_more(self) -> None:
        self.spent += 1
        if self.spent == self.left:
            raise KilledError


class FailingFronts(MemoryFronts):
    """Whenever it is asked, `green` has answered fifty more, all of them wrong."""

    def status(self, name: str) -> Status | None:
        so_far = self.tallies.get("green", tally()).requests
        self.tallies = {"green": tally(so_far + 50, so_far + 50), "blue": tally(50)}
        return super().status(name)


@dataclass
class Ground:
    """What outlives a driver."""

    folder: Path
    bad: bool = False
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))

    def __post_init__(self) -> None:
        self.endpoints = MemoryEndpoints(self.clock)
        self.releases = MemoryReleases(self.endpoints)
        self.fronts = (FailingFronts if self.bad else MemoryFronts)(self.endpoints)
        self.parts = ServingParts(
            self.endpoints,
            self.releases,
            self.fronts,
            FileLocks(self.folder),
            lambda *_, **__: (200, b"[1]"),
            lambda *_: Launch(("serve",), "/models", Speaks.FRAMES, example="[[1]]"),
            lambda spec: spec,
            self.clock,
            lambda *_: None,
            lambda *_: "",
        )

    def mortal(self, life: Life) -> ServingParts:
        ports = {name: Mortal(getattr(self.parts, name), life) for name in ("endpoints", "releases", "fronts")}
        return replace(self.parts, **ports)

    def drive(self, parts: ServingParts, release: Release) -> None:
        """To the end, a second at a time."""
        keeping = Keeping(parts)
        while True:
            keeping.step()
            for each in to_prepare(parts):
                prepare(parts, each.endpoint, each.name)
            if drive(parts, release.id) is None:
                return
            self.clock.at += timedelta(seconds=1)

    def deploy(self, model: str, plan: ReleasePlan) -> Release:
        return ServingVerbs(self.parts).deploy("shop", DeploymentSpec(model=model), plan, by="ada")


def ended(folder: Path, moment: int, *, bad: bool) -> tuple[Ground, Release, bool]:
    """A release whose first driver was killed at that moment, if it lived so long; the next one went on."""
    ground, life = Ground(folder, bad), Life(moment)
    ground.drive(ground.parts, ground.deploy("m:1", ReleasePlan((Step(100, 0.0),))))
    release = ground.deploy("m:2", PLAN)
    try:
        ground.drive(ground.mortal(life), release)
        return ground, ground.releases.get(release.id), False
    except KilledError:
        ground.drive(ground.parts, release)
        return ground, ground.releases.get(release.id), True


@pytest.mark.parametrize("bad", [False, True])
def test_the_next_driver_goes_on_where_it_stopped(tmp_path: Path, *, bad: bool) -> None:
    moment, killed = 1, True
    while killed:
        ground, release, killed = ended(tmp_path, moment, bad=bad)
        told = [each.kind for each in ground.endpoints.history()][::-1]
        mine = [kind for kind in told[told.index("release.finished") + 1 :] if kind.startswith("release.")]
        if bad:
            assert (release.state, ground.endpoints.get("shop").traffic) == (ReleaseState.ROLLED_BACK, {"blue": 100})
            assert mine == [*KINDS[:3], "release.rolled_back"], moment
        else:
            assert (release.state, ground.endpoints.get("shop").traffic) == (ReleaseState.FINISHED, {"green": 100})
            assert mine == KINDS, moment
        assert ground.endpoints.get("shop").mirror == {}
        moment += 1
    assert moment > 50
