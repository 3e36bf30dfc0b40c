"""A timeline -> stages with jobs with steps, as the run's page shows them. Pure."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.run.model import Result, State
from drivetrain.view.keys import job_key
from drivetrain.view.web.present import Look, look

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.run.model import Issue, JobRecord, JobRef, StageRecord, StepRecord, Timeline

MAX_STEPS = 1500
"""On one page; beyond it, only jobs that run or failed show theirs, and the others lead to their own page."""


class JobView(Struct, frozen=True):
    """A job with the steps to show."""

    record: JobRecord
    look: Look
    key: str
    steps: Sequence[StepRecord]
    hidden_steps: int
    unfolded: bool

    @property
    def progress(self) -> str:
        """`3/7` while it runs."""
        if self.record.state is not State.RUNNING or not self.steps:
            return ""
        done = sum(step.state is State.COMPLETED for step in self.steps)
        return f"{done}/{len(self.steps)}"


class StageView(Struct, frozen=True):
    """A stage with its jobs."""

    record: StageRecord
    look: Look
    jobs: Sequence[JobView]
    """Of each leg the newest attempt, and those that a lost runner has cut off in the same attempt at the stage."""
    earlier: Sequence[JobView] = ()
    """Jobs of earlier attempts at the stage."""


def stages(timeline: Timeline) -> list[StageView]:
    """The tree of a run."""
    steps: dict[tuple[JobRef, int], list[StepRecord]] = defaultdict(list)
    for step in timeline.steps:
        steps[step.job, step.attempt].append(step)
    crowded = len(timeline.steps) > MAX_STEPS
    jobs: dict[str, list[JobView]] = defaultdict(list)
    earlier: dict[str, list[JobView]] = defaultdict(list)
    newest = _newest(timeline)
    for job in timeline.jobs:
        there = jobs if job.stage_attempt == newest[job.ref] else earlier
        there[job.ref.stage].append(_job(job, steps[job.ref, job.attempt], crowded=crowded))
    return [
        StageView(stage, look(stage.state, stage.result, waiting=stage.waiting), jobs[stage.name], earlier[stage.name])
        for stage in timeline.stages
    ]


def issues(timeline: Timeline) -> list[Issue]:
    """Those of the newest attempts: what went wrong before is told at the earlier attempts."""
    newest = _newest(timeline)
    old = {(job.ref, job.attempt) for job in timeline.jobs if job.stage_attempt != newest[job.ref]}
    stages = {stage.name: stage.attempt for stage in timeline.stages}
    return [
        issue
        for issue in timeline.issues
        if (issue.job, issue.attempt) not in old
        and (issue.job is not None or issue.attempt >= stages.get(issue.stage, 1))
    ]


def _newest(timeline: Timeline) -> dict[JobRef, int]:
    """The newest attempt at its stage that each leg has been part of; attempts of a leg ascend."""
    return {job.ref: job.stage_attempt for job in timeline.jobs}


def has_named_stages(timeline: Timeline) -> bool:
    """Whether stages say something: a file without `stages:` has a single one that nobody named."""
    names = [stage.display_name for stage in timeline.stages]
    return len(names) > 1 or (bool(names) and names[0] not in {"__default", ""})


def _job(job: JobRecord, steps: Sequence[StepRecord], *, crowded: bool) -> JobView:
    telling = job.state is State.RUNNING or job.result is Result.FAILED
    shown = steps if telling or not crowded else ()
    return JobView(
        record=job,
        look=look(job.state, job.result),
        key=job_key(job.ref, job.attempt),
        steps=shown,
        hidden_steps=len(steps) - len(shown),
        unfolded=telling or not crowded,
    )
