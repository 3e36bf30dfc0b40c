"""Delay@1: wait a while, without an agent.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/delay-v1
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.errors import UserError
from drivetrain.run.model import Result
from drivetrain.run.runner.outcome import Outcome
from drivetrain.run.runner.watch import Stop
from drivetrain.run.tasks.declared import Declared

if TYPE_CHECKING:
    from drivetrain.run.runner.context import StepContext

MOST_MINUTES = 86_400
"""60 days."""

TASKS = {
    "Delay@1": Declared("Delay", "Delay further execution of a workflow by a fixed time", (), {"delayForMinutes": "0"}),
}


def run(context: StepContext) -> Outcome:
    """Wait so long, unless the step has to end before."""
    minutes = _minutes(context.inputs.text("delayForMinutes"), context.plan.position)
    context.log.line(f"Delaying for {minutes:g} minutes.")
    stop = context.job.watch.sleep(minutes * 60)
    if stop is Stop.TIMED_OUT:
        context.error("The task has timed out.")
        return Outcome(Result.FAILED, None, "The task has timed out.")
    if stop is not None:
        context.error("The operation was canceled.")
        return Outcome(Result.CANCELED, None, context.job.watch.reason)
    return Outcome()


def _minutes(text: str, position: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        minutes = -1.0
    if not 0 <= minutes <= MOST_MINUTES:
        where = f"{position}: " if position else ""
        raise UserError(
            f"{where}delayForMinutes is '{text}', which is not a number of minutes from 0 to {MOST_MINUTES}",
            hint="check the variable in it" if "$(" in text else "Delay@1 waits 60 days at most",
        )
    return minutes
