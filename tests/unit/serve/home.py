"""A home whose fronts, models and preparations are a test's own; what is kept, is kept in SQLite."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from drivetrain.clock import FixedClock
from drivetrain.errors import NotFoundError, UserError
from drivetrain.home import Home
from drivetrain.serve.model import DeploymentSpec, Launch, Speaks
from drivetrain.serve.parts import ServingParts
from drivetrain.serve.preparing import prepare, to_prepare
from drivetrain.serve.release.driver import drive
from drivetrain.serve.release.model import Release, ReleasePlan, Step
from drivetrain.serve.verbs import ServingVerbs
from drivetrain.wire.serving.locks import FileLocks
from drivetrain.wire.storage import Storage
from tests.contracts.memory_fronts import MemoryFronts
from tests.unit.serve.releasing import NOW

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drivetrain.serve.model import Deployment, Endpoint

PLAN = ReleasePlan((Step(10, 10.0), Step(100, 10.0)))


@dataclass
class ServingHome:
    """Everything of one home, and the time of day."""

    folder: Path
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    """What deployments answer; 200 when nothing else is said."""
    asked: list[tuple[str, str, bytes]] = field(default_factory=list)
    unpreparable: dict[str, Exception] = field(default_factory=dict)
    """By model."""
    restricted: set[int] = field(default_factory=set)
    said: list[str] = field(default_factory=list)
    before_prepared: Callable[[Deployment], object] = lambda _: None

    def __post_init__(self) -> None:
        self.storage = Storage(Home(self.folder), self.clock)
        self.endpoints, self.releases = self.storage.endpoints, self.storage.releases
        self.fronts = MemoryFronts(self.endpoints)
        self.parts = ServingParts(
            self.endpoints,
            self.releases,
            self.fronts,
            FileLocks(self.storage.home.serving),
            self._ask,
            self._prepare,
            self._resolve,
            self.clock,
            lambda endpoint, deployment, text: self.said.append(f"{endpoint}/{deployment}: {text}"),
            self._allow,
        )
        self.verbs = ServingVerbs(self.parts)

    def _ask(self, endpoint: Endpoint, deployment: str, body: bytes, *, seconds: float) -> tuple[int, bytes]:
        del seconds
        self.asked.append((endpoint.name, deployment, body))
        return self.answers.get(deployment, (200, b"[1]"))

    def _prepare(self, deployment: Deployment, say: Callable[[str], None]) -> Launch:
        say(f"preparing {deployment.spec.model}")
        self.before_prepared(deployment)
        problem = self.unpreparable.get(deployment.spec.model)
        if problem is not None:
            raise problem
        return Launch(("serve", deployment.spec.model), "/models", Speaks.FRAMES, example="[[1]]")

    def _resolve(self, spec: DeploymentSpec) -> DeploymentSpec:
        if spec.model.startswith("gone"):
            raise NotFoundError(f"there is no model '{spec.model}'")
        return spec if ":" in spec.model else replace(spec, model=f"{spec.model}:1")

    def _allow(self, run_id: int | None, endpoint: str, model: str) -> str:
        del endpoint, model
        if run_id in self.restricted:
            raise UserError("a run of a fork's pull request may not deploy")
        return "" if run_id is None else "shops"

    def later(self, seconds: float) -> None:
        self.clock.at += timedelta(seconds=seconds)

    def prepare_all(self) -> None:
        for each in to_prepare(self.parts):
            prepare(self.parts, each.endpoint, each.name)

    def deploy(self, model: str, plan: ReleasePlan = PLAN, **given: Any) -> Release:
        return self.verbs.deploy("shop", DeploymentSpec(model=model), plan, by="ada", **given)

    def to_the_end(self, release: Release) -> Release:
        """Drive it until it has ended, a second at a time."""
        for _ in range(100):
            self.prepare_all()
            if drive(self.parts, release.id) is None:
                return self.releases.get(release.id)
            self.later(1)
        raise AssertionError(self.releases.get(release.id))

    def live(self, model: str, **given: Any) -> Release:
        """Deploy it, and see it live."""
        ended = self.to_the_end(self.deploy(model, **given))
        assert ended.state == "finished", ended
        return ended

    @property
    def traffic(self) -> dict[str, int]:
        return dict(self.endpoints.get("shop").traffic)

    def kinds(self) -> list[str]:
        return [each.kind for each in self.endpoints.history("shop")][::-1]
