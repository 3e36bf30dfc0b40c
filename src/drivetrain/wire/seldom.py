"""What few runs need, made and loaded when one does: a plain run of a working tree has no checks and asks nobody."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from drivetrain.run.checks.model import OPEN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from drivetrain.plan.model import Plan, StagePlan
    from drivetrain.run.checks.model import Approval, Gate
    from drivetrain.run.checks.ports import Answers, Gatekeeper
    from drivetrain.run.model import JobRef, Run


def load(place: str) -> Any:
    """A class or function of ours by its place below `drivetrain`, such as `store.checks:SqliteChecks`."""
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(f"drivetrain.{module}"), name)


class WhenAsked:
    """What `make` gives, made when something is first asked of it."""

    def __init__(self, make: Callable[[], object]) -> None:
        self._make = make
        self._made: object | None = None

    def __getattr__(self, name: str) -> Any:
        if self._made is None:
            self._made = self._make()
        return getattr(self._made, name)


class GatesOfResources:
    """The Gatekeeper port: a stage that uses nothing protected is open; for any other `make` gives who looks."""

    def __init__(self, make: Callable[[], Gatekeeper]) -> None:
        self._make = make
        self._gates: Gatekeeper | None = None

    def look(self, run: Run, plan: Plan, stage: StagePlan, attempt: int) -> Gate:
        """Where the gate of this attempt at a stage stands."""
        if not stage.resources:
            return OPEN
        self._gates = self._gates or self._make()
        return self._gates.look(run, plan, stage, attempt)

    def leave(self, run: Run, stage: str, attempt: int) -> None:
        """The stage is over. Who never looked holds nothing, and what a killed driver held is seen to be free."""
        if self._gates is not None:
            self._gates.leave(run, stage, attempt)


class AnswersWhenAsked:
    """The Answers port, made by `make` when the first job is there that may have asked."""

    def __init__(self, make: Callable[[], Answers]) -> None:
        self._make = make

    def decided_steps(self, run_id: int) -> Sequence[tuple[JobRef, int, int, Approval]]:
        """Questions of steps that were answered."""
        return self._make().decided_steps(run_id)
