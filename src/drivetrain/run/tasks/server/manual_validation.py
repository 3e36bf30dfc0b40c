"""ManualValidation@0 and @1: the job waits until somebody approves or rejects it.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/manual-validation-v1

The question goes into the journal; the engine keeps it with those of approvals, and puts the answer into the job's
folder. A runner needs nobody while it waits, and is not asked again when the server comes back.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from drivetrain.run.checks.delivery import read_answer
from drivetrain.run.model import Result
from drivetrain.run.runner.outcome import Outcome
from drivetrain.run.runner.watch import Stop
from drivetrain.run.tasks.declared import Declared

if TYPE_CHECKING:
    from drivetrain.run.checks.delivery import StepAnswer
    from drivetrain.run.runner.context import StepContext

_DECLARED = Declared(
    "Manual validation",
    "Pause a pipeline run to wait for manual interaction. Works only with YAML pipelines.",
    (),
    {
        "notifyUsers": "",
        "approvers": "",
        "allowApproversToApproveTheirOwnRuns": "true",
        "instructions": "",
        "onTimeout": "reject",
    },
)
TASKS = {"ManualValidation@0": _DECLARED, "ManualValidation@1": _DECLARED}
LONGEST_SECONDS = 30 * 24 * 3600.0
"""It is answered by itself after the step's timeout or 30 days, whichever is earlier."""
LOOK_SECONDS = 0.25
TIMED_OUT = "Nobody decided in time."


def run(context: StepContext) -> Outcome:
    """Ask, and wait for the answer."""
    on_timeout = context.inputs.choice("onTimeout", "reject", "resume")
    answer = read_answer(context.job.layout.job, context.index)
    if answer is None:
        _ask(context)
        answer, stop = _wait(context)
        if answer is None and stop not in {None, Stop.TIMED_OUT}:
            context.error("The operation was canceled.")
            return Outcome(Result.CANCELED, None, context.job.watch.reason)
    if answer is None:
        return _timed_out(context, resumes=on_timeout == "resume")
    return _answered(context, answer)


def _ask(context: StepContext) -> None:
    inputs = context.inputs
    approvers = _names(inputs.text("approvers"))
    if inputs.text("instructions"):
        context.log.line(f"Instructions: {inputs.text('instructions')}")
    context.log.line(f"Waiting for {', '.join(approvers) or 'somebody'} to approve or reject.")
    mask = context.job.masker.text
    context.job.record(
        "validation.requested",
        step=context.index,
        title=mask(context.job.variables.expand(context.plan.display_name)),
        instructions=mask(inputs.text("instructions")),
        approvers=[mask(name) for name in approvers],
        notify=[mask(name) for name in _names(inputs.text("notifyUsers"))],
        own_runs=inputs.flag("allowApproversToApproveTheirOwnRuns"),
    )


def _names(text: str) -> list[str]:
    """A comma separated list; each person once."""
    return list(dict.fromkeys(name.strip() for name in text.replace("\n", ",").split(",") if name.strip()))


def _wait(context: StepContext) -> tuple[StepAnswer | None, Stop | None]:
    until = time.monotonic() + LONGEST_SECONDS
    folder, watch = context.job.layout.job, context.job.watch
    while (stop := watch.sleep(LOOK_SECONDS)) is None and time.monotonic() < until:
        answer = read_answer(folder, context.index)
        if answer is not None:
            return answer, None
    return None, stop


def _timed_out(context: StepContext, *, resumes: bool) -> Outcome:
    context.job.record("validation.timedOut", step=context.index)
    if resumes:
        context.log.line(f"{TIMED_OUT} The run goes on (onTimeout: resume).")
        return Outcome()
    message = f"{TIMED_OUT} The validation is rejected (onTimeout: reject)."
    context.error(message)
    return Outcome(Result.FAILED, None, message)


def _answered(context: StepContext, answer: StepAnswer) -> Outcome:
    comment = f": {answer.comment}" if answer.comment else ""
    if answer.approve:
        context.log.line(f"Approved by {answer.by}{comment}")
        return Outcome()
    message = f"Rejected by {answer.by}{comment}"
    context.error(message)
    return Outcome(Result.FAILED, None, message)
