"""The gates of the stages of one run, as `decide` asks for them: which were looked at, and when to look again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.clock import parse_timestamp
from drivetrain.errors import CorruptError, UserError
from drivetrain.run.checks.model import Gate
from drivetrain.run.model import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from drivetrain.clock import Clock
    from drivetrain.plan.model import Plan, StagePlan
    from drivetrain.run.checks.ports import Gatekeeper
    from drivetrain.run.model import Run, StageRecord

WAITING = "Waiting for its checks"
SOONEST = timedelta(seconds=1)
"""Between two looks at a gate that asks for one at once: it must not keep the engine busy."""


class StageGates:
    """The Gates of `decide`, by a Gatekeeper."""

    def __init__(self, keeper: Gatekeeper, run: Callable[[], Run], plan: Plan, clock: Clock) -> None:
        """`run` gives the run's row as it is now."""
        self._keeper = keeper
        self._run = run
        self._plan = plan
        self._clock = clock
        self._looked: dict[str, int] = {}
        self._again: dict[str, datetime] = {}

    def restore(self, records: Iterable[StageRecord]) -> None:
        """Take over what a driver before has looked at: stages that run, or that it left waiting."""
        self._looked = {record.name: record.attempt for record in records if record.begun or record.waiting}

    def look(self, stage: StagePlan, attempt: int) -> Gate:
        """Where the gate of this attempt at a stage stands; one that cannot be looked at has failed."""
        self._looked[stage.name] = attempt
        self._again.pop(stage.name, None)
        try:
            gate = self._keeper.look(self._run(), self._plan, stage, attempt)
        except (UserError, CorruptError) as error:
            return Gate(result=Result.FAILED, reason=f"Its checks cannot be looked at: {error.message}")
        if gate.look_again:
            self._again[stage.name] = max(parse_timestamp(gate.look_again), self._clock.now() + SOONEST)
        return gate if gate.open or gate.reason else replace(gate, reason=WAITING)

    def due(self) -> list[str]:
        """Stages whose time to be looked at again has come."""
        if not self._again:
            return []
        now = self._clock.now()
        return [stage for stage, at in self._again.items() if at <= now]

    def leave(self, stage: str) -> None:
        """The stage is over: what its checks held for it is free again."""
        self._again.pop(stage, None)
        attempt = self._looked.pop(stage, None)
        if attempt is not None:
            self._keeper.leave(self._run(), stage, attempt)
