"""One step of a job: whether it runs, its tries, its time limit, what comes of it.

https://learn.microsoft.com/azure/devops/pipelines/process/tasks#task-control-options
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.errors import DrivetrainError, UserError
from drivetrain.run.model import Result
from drivetrain.run.places import place_of
from drivetrain.run.runner.condition import judge
from drivetrain.run.runner.context import StepContext
from drivetrain.run.runner.handlers import CommandHandler
from drivetrain.run.runner.layout import step_variables
from drivetrain.run.runner.log import LogFile, StepLog
from drivetrain.run.runner.outcome import Outcome
from drivetrain.run.runner.phases import Phase
from drivetrain.run.runner.results import merged
from drivetrain.run.runner.watch import Stop
from drivetrain.run.tasks.inputs import Inputs, resolve_inputs
from drivetrain.run.tasks.registry import find_task

if TYPE_CHECKING:
    from drivetrain.plan.model import StepPlan
    from drivetrain.run.runner.condition import Verdict
    from drivetrain.run.runner.state import JobState
    from drivetrain.run.tasks.declared import Declared

MOST_RETRIES = 10
_TRUE = frozenset({"true", "y", "yes", "on", "1"})
_RULE = "=" * 78


def run_step(job: JobState, plan: StepPlan, index: int, phase: Phase = Phase.MAIN) -> None:
    """Carry out a step, if its condition holds, and merge its result into the job's. Always journals its end."""
    if not plan.enabled:
        return skip_step(job, plan, index, "It is disabled.")
    if job.watch.stop() is Stop.ABANDONED:
        return skip_step(job, plan, index, "The job was canceled, and the time to do so was over.")
    verdict = judge(plan.condition, job.status, job.variables, job.masker)
    context = StepContext(job, plan, index, phase)
    context.log = StepLog(LogFile(job.layout.log(index)), job.masker, CommandHandler(context))
    try:
        if verdict.runs or verdict.error:
            _run(context, verdict)
        else:
            context.log.line("This step was skipped: its condition is false.")
            for line in verdict.trace:
                context.log.line(line)
            skip_step(job, plan, index, "Its condition is false.")
    finally:
        context.log.close()
    return None


def skip_step(job: JobState, plan: StepPlan, index: int, reason: str) -> None:
    """Say of a step that it does not run, and why."""
    job.record(
        "step.completed",
        step=index,
        name=plan.name,
        display_name=job.variables.expand(plan.display_name),
        task=plan.task,
        result=Result.SKIPPED,
        outcome=Result.SKIPPED,
        exit_code=None,
        reason=reason,
    )


def _run(context: StepContext, verdict: Verdict) -> None:
    job, plan = context.job, context.plan
    name = job.variables.expand(plan.display_name)
    title = job.masker.text(name)  # These go into the environment.
    for variable, value in step_variables(job.spec, plan.name, context.index, title).items():
        job.variables.define(variable, value, readonly=True)
    _started(context, name, 1)
    context.log.line(f"##[section]Starting: {name}")
    if verdict.error:
        context.issue("error", verdict.error, verdict.error, **place_of(plan.position))
        done = Outcome(Result.FAILED, None, verdict.error)
    else:
        done = _guarded(context, name)
    outcome = merged(done.result, context.commanded)
    result = outcome
    if outcome is Result.FAILED and _is_true(context, plan.continue_on_error):
        result = Result.SUCCEEDED_WITH_ISSUES
    if outcome is Result.FAILED and job.failed is None:
        job.failed = (plan, context.index)
    context.log.line(f"##[section]Finishing: {name}")
    context.log.close()
    job.record(
        "step.completed",
        step=context.index,
        result=result,
        outcome=outcome,
        exit_code=done.exit_code,
        reason=done.reason,
    )
    job.merge(result)


def _started(context: StepContext, name: str, tries: int) -> None:
    plan = context.plan
    context.job.record(
        "step.started", step=context.index, name=plan.name, display_name=name, task=plan.task, tries=tries
    )


def _is_true(context: StepContext, text: str) -> bool:
    return context.job.variables.expand(text).strip().lower() in _TRUE


def _guarded(context: StepContext, name: str) -> Outcome:
    try:
        return _tries(context, name)
    except DrivetrainError as error:
        context.error(f"{error.message}\n{error.hint}" if error.hint else error.message)
        return Outcome(Result.FAILED, None, error.message)
    except OSError as error:
        message = f"{error.strerror}: {error.filename}" if error.filename else str(error)
        context.error(message)
        return Outcome(Result.FAILED, None, message)


def _tries(context: StepContext, name: str) -> Outcome:
    job, plan = context.job, context.plan
    seconds = 60 * _number(context, "timeoutInMinutes", plan.timeout_minutes)
    retries = min(MOST_RETRIES, int(_number(context, "retryCountOnTaskFailure", plan.retry_count)))
    job.watch.begin_step(seconds, lambda: judge(plan.condition, job.status, job.variables, job.masker).runs)
    number = 0
    while True:
        done = _once(context)
        # A time limit covers all tries; what was asked to end is not tried again.
        failed = merged(done.result, context.commanded) is Result.FAILED
        if not failed or number >= retries or job.watch.stop() is not None:
            return done
        number += 1
        wait = job.services.retry_seconds(number - 1)
        context.warning(f"The task failed; it is tried again (retry {number} of {retries}) after {wait:g} seconds.")
        if job.watch.sleep(wait) is not None:
            return done
        context.commanded = Result.SUCCEEDED
        _started(context, name, number + 1)


def _number(context: StepContext, key: str, text: str) -> float:
    value = context.job.variables.expand(text).strip()
    try:
        number = float(value or "0")
    except ValueError:
        number = -1.0
    if not 0 <= number < 1e9:  # noqa: PLR2004 - 2,000 years
        raise UserError(f"{context.plan.position or 'step'}: {key} is '{value}', which is not a number of at least 0")
    return number


def _once(context: StepContext) -> Outcome:
    job, plan = context.job, context.plan
    task = find_task(plan.task, job.packages)
    declared = task.declared
    context.limits = (plan.target, task.limits)
    values, unknown = resolve_inputs(declared, plan.inputs, job.expand_input)
    context.inputs = Inputs(plan.task, values, plan.position, context.default_folder)
    _show(context, declared)
    for name in () if declared.takes_others else unknown:
        context.log.line(f"##[warning]Unexpected input: {name}")
    for name in declared.required:
        context.inputs.required(name)
    return task.parts[context.phase](context)


def _show(context: StepContext, declared: Declared) -> None:
    """TaskRunner.PrintTaskMetaData of the agent."""
    lines = {
        "Task": declared.title,
        "Description": declared.summary,
        "Version": declared.version or context.plan.task.rpartition("@")[2],
        "Author": declared.author,
        "Help": declared.help,
    }
    shown = [f"{name:13}: {text}" for name, text in lines.items() if text or name == "Description"]
    for line in (_RULE, *shown, _RULE):
        context.log.line(line)
