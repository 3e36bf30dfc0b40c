"""Steps that the runner adds to a job of its own accord, before and after those of the file: journalled and logged like
them, but without a condition.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from drivetrain.errors import DrivetrainError
from drivetrain.plan.model import StepPlan
from drivetrain.run.containers.wanted import needs_containers
from drivetrain.run.model import Result
from drivetrain.run.runner.context import StepContext
from drivetrain.run.runner.handlers import CommandHandler
from drivetrain.run.runner.log import LogFile, StepLog

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.run.runner.state import JobState

FIRST = 0
"""The number of the step before those of the file."""


def initialize_containers(job: JobState) -> bool:
    """Start what the job runs in. Whether its steps can run."""
    if not needs_containers(job.spec):
        return True
    module = importlib.import_module("drivetrain.run.containers.job")  # other jobs start without it
    return _carry_out(job, FIRST, "Initialize containers", lambda context: module.start_containers(job, context))


def stop_containers(job: JobState, index: int) -> None:
    """Remove the job's containers and its network, as the step of this number."""
    containers = job.containers
    if containers is not None:
        _carry_out(job, index, "Stop Containers", containers.stop)
        job.containers = None


def _carry_out(job: JobState, index: int, title: str, action: Callable[[StepContext], None]) -> bool:
    plan = StepPlan(name=title.replace(" ", "_"), display_name=title, task="")
    context = StepContext(job, plan, index)
    context.on_host = True
    context.log = StepLog(LogFile(job.layout.log(index)), job.masker, CommandHandler(context))
    job.watch.begin_step(0, lambda: index != FIRST)
    job.record("step.started", step=index, name=plan.name, display_name=title, task="", tries=1)
    context.log.line(f"##[section]Starting: {title}")
    reason = ""
    try:
        action(context)
    except DrivetrainError as error:
        reason = error.message
        context.error(f"{error.message}\n{error.hint}" if error.hint else error.message)
    except OSError as error:
        reason = f"{error.strerror}: {error.filename}" if error.filename else str(error)
        context.error(reason)
    context.log.line(f"##[section]Finishing: {title}")
    context.log.close()
    bad = Result.CANCELED if job.watch.reason else Result.FAILED
    result = bad if reason else Result.SUCCEEDED
    job.record("step.completed", step=index, result=result, outcome=result, exit_code=None, reason=reason)
    job.merge(result)
    return not reason
