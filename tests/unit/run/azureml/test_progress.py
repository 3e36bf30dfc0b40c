"""How far a job is, by what its pipeline run says."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from drivetrain.plan.azureml.model import COMMAND_TASK
from drivetrain.run.azureml.model import JobStatus, Progress
from drivetrain.run.azureml.progress import pipeline_progress, progress_of
from drivetrain.run.model import AZURE_ML, JobRecord, JobRef, RepositorySource, Result, Run, State, StepRecord
from drivetrain.source.model import Commit, Reason

REF = JobRef("job", "command")
RUN = Run(1, "1", "exp", "", Reason.MANUAL, RepositorySource("w", "u", "", "", Commit(""), AZURE_ML), "me")
ONGOING = replace(RUN, state=State.RUNNING, started_at="t0")
WAITS = JobRecord(REF, 1, "job")
RUNS = replace(WAITS, state=State.RUNNING, started_at="t1")


def part(index: int, state: State = State.RUNNING, **more: object) -> StepRecord:
    return replace(StepRecord(REF, 1, index, "command", "job", COMMAND_TASK, state), **more)


@pytest.mark.parametrize(
    ("run", "job", "steps", "status"),
    [
        (RUN, WAITS, [], JobStatus.QUEUED),
        (ONGOING, WAITS, [], JobStatus.QUEUED),
        (ONGOING, RUNS, [], JobStatus.PREPARING),
        (ONGOING, RUNS, [part(1)], JobStatus.PREPARING),
        (ONGOING, RUNS, [part(1, State.COMPLETED), part(2)], JobStatus.RUNNING),
        (ONGOING, RUNS, [part(1, State.COMPLETED), part(2, State.COMPLETED), part(3)], JobStatus.FINALIZING),
        (replace(ONGOING, cancel_requested=True), RUNS, [part(1)], JobStatus.CANCEL_REQUESTED),
    ],
)
def test_under_way(run: Run, job: JobRecord, steps: list[StepRecord], status: JobStatus) -> None:
    assert progress_of(run, [job], steps).status is status


@pytest.mark.parametrize(
    ("result", "status"),
    [
        (Result.SUCCEEDED, JobStatus.COMPLETED),
        (Result.SUCCEEDED_WITH_ISSUES, JobStatus.COMPLETED),
        (Result.FAILED, JobStatus.FAILED),
        (Result.CANCELED, JobStatus.CANCELED),
    ],
)
def test_ended(result: Result, status: JobStatus) -> None:
    run = replace(ONGOING, state=State.COMPLETED, result=result, finished_at="t2")
    job = replace(RUNS, state=State.COMPLETED, result=result)
    failed = part(2, State.COMPLETED, result=Result.FAILED, outcome=Result.FAILED, exit_code=3, reason="it broke")
    found = progress_of(run, [job], [failed] if result is Result.FAILED else [])
    assert (found.status, found.started_at, found.finished_at) == (status, "t1", "t2")
    assert (found.reason, found.exit_code) == (("it broke", 3) if result is Result.FAILED else ("", None))


def test_one_job_of_many() -> None:
    other = JobRecord(JobRef("job", "other"), 1, "other", State.COMPLETED, Result.FAILED, finished_at="t3")
    assert progress_of(ONGOING, [RUNS, other], [part(1)], "job.command").status is JobStatus.PREPARING
    assert progress_of(ONGOING, [RUNS, other], [part(1)], "job.other").status is JobStatus.FAILED


def test_the_newest_attempt_counts() -> None:
    lost = replace(RUNS, state=State.COMPLETED, result=Result.FAILED)
    again = replace(RUNS, attempt=2)
    assert progress_of(ONGOING, [lost, again], [part(1, State.COMPLETED)], "job.command").status is JobStatus.PREPARING


def step(name: str, result: Result | None, attempt: int = 1) -> JobRecord:
    state = State.RUNNING if result is None else State.COMPLETED
    return JobRecord(JobRef(name, "step"), attempt, name, state, result, reason="it broke" if result else "")


@pytest.mark.parametrize(
    ("status", "steps", "expected"),
    [
        (JobStatus.COMPLETED, [step("a", Result.SUCCEEDED)], (JobStatus.COMPLETED, "")),
        (JobStatus.RUNNING, [step("a", Result.FAILED), step("b", None)], (JobStatus.RUNNING, "")),
        # It was ended because a step had failed.
        (
            JobStatus.CANCELED,
            [step("a", Result.FAILED), step("b", Result.CANCELED)],
            (JobStatus.FAILED, "The step 'a' has failed: it broke"),
        ),
        (JobStatus.CANCELED, [step("a", Result.CANCELED), step("b", Result.SKIPPED)], (JobStatus.CANCELED, "")),
        # A controller whose first attempt was lost has not failed.
        (
            JobStatus.CANCELED,
            [step("a", Result.FAILED), step("a", Result.CANCELED, attempt=2)],
            (JobStatus.CANCELED, ""),
        ),
        # Every step was reused.
        (JobStatus.CANCELED, [step("a", Result.SKIPPED)], (JobStatus.COMPLETED, "")),
    ],
)
def test_a_pipeline_job(status: JobStatus, steps: list[JobRecord], expected: tuple[JobStatus, str]) -> None:
    found = pipeline_progress(Progress(status), steps, steps_ended=True)
    assert (found.status, found.reason) == expected


def test_a_pipeline_job_has_not_ended_before_its_steps_are_told_to_have() -> None:
    ended = Progress(JobStatus.COMPLETED, started_at="t1", finished_at="t2")
    found = pipeline_progress(ended, [step("a", Result.SUCCEEDED)], steps_ended=False)
    assert (found.status, found.finished_at) == (JobStatus.FINALIZING, "")
