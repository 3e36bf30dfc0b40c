"""How far a job of Azure Machine Learning is, from the pipeline run that carries it out. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.plan.azureml.model import COMMAND_TASK
from drivetrain.run.azureml.model import JobStatus, Progress
from drivetrain.run.model import Result, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.run.model import JobRecord, Run, StepRecord

_ENDINGS = {
    Result.SUCCEEDED: JobStatus.COMPLETED,
    Result.SUCCEEDED_WITH_ISSUES: JobStatus.COMPLETED,
    Result.FAILED: JobStatus.FAILED,
    Result.CANCELED: JobStatus.CANCELED,
    Result.SKIPPED: JobStatus.CANCELED,
}
_PARTS = (JobStatus.PREPARING, JobStatus.RUNNING, JobStatus.FINALIZING)
"""What the three parts of a command job's task are, in the order in which they run."""


def progress_of(run: Run, jobs: Sequence[JobRecord], steps: Sequence[StepRecord], job: str = "") -> Progress:
    """How far a job is. `job` is the one job of the run that it is, `STAGE.JOB`; empty for all of the run."""
    mine = [each for each in jobs if not job or str(each.ref) == job]
    own = [each for each in steps if mine and (each.job, each.attempt) == (mine[-1].ref, mine[-1].attempt)]
    if job and mine:
        return _of_job(run, mine[-1], own)
    if run.state is State.COMPLETED:
        return _ended(run.result, run.started_at, run.finished_at, mine, own)
    status = _under_way(mine, own)
    if run.cancel_requested:
        status = JobStatus.CANCEL_REQUESTED
    started = next((each.started_at for each in mine if each.started_at), "")
    return Progress(status, started_at=started)


def _of_job(run: Run, record: JobRecord, steps: Sequence[StepRecord]) -> Progress:
    if record.state is State.COMPLETED:
        return _ended(record.result, record.started_at, record.finished_at, [record], steps)
    status = JobStatus.CANCEL_REQUESTED if run.cancel_requested else _under_way([record], steps)
    return Progress(status, started_at=record.started_at)


def _under_way(jobs: Sequence[JobRecord], steps: Sequence[StepRecord]) -> JobStatus:
    if not any(each.state is not State.PENDING for each in jobs):
        return JobStatus.QUEUED
    parts = [each for each in steps if each.task == COMMAND_TASK]
    if len(jobs) > 1 or (steps and not parts):
        return JobStatus.RUNNING
    return _PARTS[min(len(parts), len(_PARTS)) - 1] if parts else JobStatus.PREPARING


def _ended(
    result: Result | None, started: str, finished: str, jobs: Sequence[JobRecord], steps: Sequence[StepRecord]
) -> Progress:
    status = _ENDINGS.get(result or Result.FAILED, JobStatus.FAILED)
    failed = [each for each in steps if each.outcome is Result.FAILED]
    reasons = [each.reason for each in failed if each.reason] + [each.reason for each in jobs if each.reason]
    code = next((each.exit_code for each in failed if each.exit_code is not None), None)
    first = next((each.started_at for each in jobs if each.started_at), started)
    return Progress(status, "" if status is JobStatus.COMPLETED else next(iter(reasons), ""), code, first, finished)


def pipeline_progress(found: Progress, jobs: Sequence[JobRecord], *, steps_ended: bool) -> Progress:
    """How far a pipeline job is. It has not ended before it is told that its steps have. One that was
    ended because a step had failed has failed itself, and one whose steps were all done before is complete.
    """
    if found.status.final and not steps_ended:
        return Progress(JobStatus.FINALIZING, started_at=found.started_at)
    newest = {each.ref: each for each in jobs}  # attempts ascend
    failed = next((each for each in newest.values() if each.result is Result.FAILED), None)
    if found.status in (JobStatus.CANCELED, JobStatus.FAILED) and failed is not None:
        reason = f"The step '{failed.ref.stage}' has failed" + (f": {failed.reason}" if failed.reason else ".")
        return replace(found, status=JobStatus.FAILED, reason=reason)
    if found.status is JobStatus.CANCELED and all(each.result is Result.SKIPPED for each in jobs) and jobs:
        return replace(found, status=JobStatus.COMPLETED, reason="")
    return found
