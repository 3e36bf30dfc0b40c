"""What an address names: attempts at jobs, steps and artifacts, found among those that the run really has.

An address never becomes a path: it is only compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.errors import NotFoundError
from drivetrain.run.model import Result, State
from drivetrain.view.keys import job_key, key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.run.model import Artifact, JobRecord, StepRecord, Timeline


def find_job(timeline: Timeline, wanted: str) -> JobRecord:
    """The attempt that `job_key` gave this key. Raises NotFoundError."""
    for job in timeline.jobs:
        if job_key(job.ref, job.attempt) == wanted:
            return job
    raise NotFoundError(f"run {timeline.run.id} has no job {wanted!r}", hint="open the run and choose a job there")


def steps_of(timeline: Timeline, job: JobRecord) -> list[StepRecord]:
    """The steps of an attempt, in order."""
    return [step for step in timeline.steps if step.job == job.ref and step.attempt == job.attempt]


def find_step(steps: Sequence[StepRecord], index: int) -> StepRecord:
    """The step with that index. Raises NotFoundError."""
    for step in steps:
        if step.index == index:
            return step
    raise NotFoundError(f"this job has no step {index}", hint="open the job and choose a step there")


def most_telling(steps: Sequence[StepRecord]) -> StepRecord | None:
    """The step that somebody who opens a job wants to see: what runs, else the first that failed, else the last."""
    for step in steps:
        if step.state is State.RUNNING or step.result is Result.FAILED:
            return step
    begun = [step for step in steps if step.started_at and step.result is not Result.SKIPPED]
    return begun[-1] if begun else (steps[0] if steps else None)


def find_artifact(timeline: Timeline, wanted: str) -> Artifact:
    """The artifact whose name has this key. Raises NotFoundError."""
    for artifact in timeline.artifacts:
        if key(artifact.name) == wanted:
            return artifact
    raise NotFoundError(f"run {timeline.run.id} has no such artifact", hint="its page lists those that it has")
