"""How a task that works without a program ends when its step has to: asked often, it raises; `run` gives what came."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.outcome import Outcome


class Stopped(Exception):  # noqa: N818 - no error
    """The step has to end before the task is done."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


def go_on(context: StepContext) -> None:
    """Nothing, while the step may go on. Raises Stopped."""
    if (outcome := context.must_end()) is not None:
        raise Stopped(outcome)
