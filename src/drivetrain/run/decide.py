"""What is to happen next in a run: pure. The engine applies what is decided, and asks again until nothing is.

The rules are Azure's: a stage or job is looked at when everything that it depends on is completed; its condition
(default `succeeded()`) says whether it runs; what was canceled or skipped takes its dependents with it unless their
conditions say otherwise. https://learn.microsoft.com/azure/devops/pipelines/process/conditions
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from drivetrain.run.model import Result
from drivetrain.run.states import run_result, worst

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.plan.model import JobPlan, StagePlan
    from drivetrain.run.model import JobRef
    from drivetrain.run.nodes import JobStatus, StageStatus
    from drivetrain.run.status import RunStatus

CONDITION_FALSE = "Its condition was false"
DEPENDENCY_FAILED = "A dependency failed or was skipped"
RUN_CANCELED = "The run was canceled"
STAGE_SKIPPED = "Its stage was skipped"


class Verdict(Struct, frozen=True):
    """What a condition came to; with `error` it could not be evaluated."""

    runs: bool
    error: str = ""


class Conditions(Protocol):
    """Evaluates conditions; asked only when all dependencies are completed."""

    def stage(self, stage: StagePlan) -> Verdict:
        """Whether a stage runs."""
        ...

    def job(self, stage: StagePlan, job: JobPlan) -> Verdict:
        """Whether a job runs."""
        ...


class BeginStage(Struct, frozen=True):
    """Its condition held."""

    stage: str


class EndStage(Struct, frozen=True):
    """All its jobs are completed, or it never runs."""

    stage: str
    result: Result
    reason: str = ""


class QueueJob(Struct, frozen=True):
    """Its condition held: its legs wait for slots."""

    stage: str
    job: str


class EndJob(Struct, frozen=True):
    """Those of its legs that were not started never will be."""

    stage: str
    job: str
    result: Result
    reason: str


class StartLeg(Struct, frozen=True):
    """There is a slot for it."""

    ref: JobRef


class EndRun(Struct, frozen=True):
    """All stages are completed."""

    result: Result


Decision = BeginStage | EndStage | QueueJob | EndJob | StartLeg | EndRun


def decide(status: RunStatus, conditions: Conditions, free: int) -> list[Decision]:
    """What can be done now with `free` slots for jobs; empty when the run waits for something.

    Decisions of one call do not contradict each other and are to be applied in order, all of them.
    """
    decisions: list[Decision] = [_stage(status, stage, conditions) for stage in status.ready.values()]
    for stage in status.active.values():
        for decision in _jobs(status, stage, conditions, free):
            free -= isinstance(decision, StartLeg)
            decisions.append(decision)
    if not status.left:
        decisions.append(EndRun(run_result(_stage_results(status))))
    return decisions


def _stage_results(status: RunStatus) -> Iterator[Result]:
    return (stage.record.result for stage in status.stages.values() if stage.record.result is not None)


def _stage(status: RunStatus, stage: StageStatus, conditions: Conditions) -> BeginStage | EndStage:
    verdict = conditions.stage(stage.plan)
    if verdict.runs:
        return BeginStage(stage.plan.name)
    return EndStage(stage.plan.name, *_refusal(verdict, canceled=status.canceled, default=not stage.plan.condition))


def _refusal(verdict: Verdict, *, canceled: bool, default: bool) -> tuple[Result, str]:
    if verdict.error:
        return Result.FAILED, verdict.error
    if canceled:
        return Result.CANCELED, RUN_CANCELED
    return Result.SKIPPED, DEPENDENCY_FAILED if default else CONDITION_FALSE


def _jobs(status: RunStatus, stage: StageStatus, conditions: Conditions, free: int) -> Iterator[Decision]:
    name = stage.plan.name
    canceled = status.stage_canceled(name)
    for job in stage.ready.values():
        verdict = conditions.job(stage.plan, job.plan)
        if verdict.runs:
            yield QueueJob(name, job.plan.name)
        else:
            refusal = _refusal(verdict, canceled=canceled, default=not job.plan.condition)
            yield EndJob(name, job.plan.name, *refusal)
    for job in stage.open.values():
        # A job that waits for a slot while the run is canceled is asked again: only `always()` and its like hold.
        if canceled and not conditions.job(stage.plan, job.plan).runs:
            yield EndJob(name, job.plan.name, Result.CANCELED, RUN_CANCELED)
            continue
        for decision in _starts(job, free):
            free -= 1
            yield decision
    if not stage.left:
        yield EndStage(name, worst(job.result for job in stage.jobs.values() if job.result is not None))


def _starts(job: JobStatus, free: int) -> Iterator[StartLeg]:
    for leg in islice(job.queue, max(0, min(free, job.startable()))):
        yield StartLeg(job.legs[leg].ref)
