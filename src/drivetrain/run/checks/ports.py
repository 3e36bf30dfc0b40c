"""What the engine asks before it begins a stage. The contract test is tests/contracts/test_gatekeeper.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from drivetrain.run.checks.model import OPEN

if TYPE_CHECKING:
    from drivetrain.plan.model import Plan, StagePlan
    from drivetrain.run.checks.model import Gate
    from drivetrain.run.model import Run


class Gatekeeper(Protocol):
    """Holds stages until the checks of their resources have passed. Called by the thread that drives the run."""

    def look(self, run: Run, plan: Plan, stage: StagePlan, attempt: int) -> Gate:
        """Where the gate of this attempt at a stage stands. Asked again whenever the store has changed or `look_again`
        has come, so it must be quick and repeatable; what takes time (an HTTP request) goes on beside it. Once it has
        answered open or refused for an attempt, it answers the same for ever."""
        ...

    def leave(self, run: Run, stage: str, attempt: int) -> None:
        """The stage is over, or will never begin: exclusive locks are free again. Doing it again is harmless. It may be
        missed when a driver is killed: who waits for a lock looks whether its holder is still under way."""
        ...


class OpenGates:
    """Every stage may begin."""

    def look(self, run: Run, plan: Plan, stage: StagePlan, attempt: int) -> Gate:
        """Open."""
        del run, plan, stage, attempt
        return OPEN

    def leave(self, run: Run, stage: str, attempt: int) -> None:
        """Nothing is held."""
