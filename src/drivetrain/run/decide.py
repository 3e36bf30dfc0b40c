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
from drivetrain.run.states import run_result, succeeded, worst

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.plan.model import JobPlan, StagePlan
    from drivetrain.run.checks.model import Gate
    from drivetrain.run.model import JobRef
    from drivetrain.run.nodes import JobStatus, StageStatus
    from drivetrain.run.status import RunStatus

CONDITION_FALSE = "Its condition was false"
DEPENDENCY_FAILED = "A dependency failed or was skipped"
RUN_CANCELED = "The run was canceled"
STAGE_SKIPPED = "Its stage was skipped"
LEFT_OUT = "It was not chosen for this run"
HOOK_BEFORE = "A hook before it failed or was skipped"
NO_FAILURE = "No hook before it failed"
NOT_STARTED = "It is started by hand, and was not: drivetrain run --start"


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


class Gates(Protocol):
    """Says where the gates of stages stand; asked only when the condition of a stage holds, once a look."""

    def look(self, stage: StagePlan, attempt: int) -> Gate:
        """Where the gate of this attempt at a stage stands."""
        ...


class BeginStage(Struct, frozen=True):
    """Its condition held, and its gate is open."""

    stage: str
    gate: Gate


class HoldStage(Struct, frozen=True):
    """Its condition held, but somebody has to start it by hand."""

    stage: str


class WaitAtGate(Struct, frozen=True):
    """Its condition held, but its checks have not passed yet."""

    stage: str
    gate: Gate


class EndStage(Struct, frozen=True):
    """All its jobs are completed, or it never runs."""

    stage: str
    result: Result
    reason: str = ""
    gate: Gate | None = None
    """What was looked at for this decision."""


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


class QueueLeg(Struct, frozen=True):
    """The legs before it came to what it runs after: it waits for a slot."""

    ref: JobRef


class SkipLeg(Struct, frozen=True):
    """The legs before it came to something else."""

    ref: JobRef
    reason: str


class StartLeg(Struct, frozen=True):
    """There is a slot for it, or it takes none: a job of the server."""

    ref: JobRef
    slots: int = 1


class EndRun(Struct, frozen=True):
    """All stages are completed."""

    result: Result


Decision = BeginStage | HoldStage | WaitAtGate | EndStage | QueueJob | EndJob | QueueLeg | SkipLeg | StartLeg | EndRun


def decide(status: RunStatus, conditions: Conditions, gates: Gates, free: int) -> list[Decision]:
    """What can be done now with `free` slots for jobs; empty when the run waits for something.

    Decisions of one call do not contradict each other and are to be applied in order, all of them. A stage that was
    looked at is no longer ready once its decision is applied, so asking again does not look at its gate again.
    """
    decisions: list[Decision] = [_stage(status, stage, conditions, gates) for stage in status.ready.values()]
    for stage in status.active.values():
        for decision in _jobs(status, stage, conditions, free):
            free -= decision.slots if isinstance(decision, StartLeg) else 0
            decisions.append(decision)
    if not status.left:
        decisions.append(EndRun(run_result(_stage_results(status))))
    return decisions


def _stage_results(status: RunStatus) -> Iterator[Result]:
    return (stage.record.result for stage in status.stages.values() if stage.record.result is not None)


def _stage(status: RunStatus, stage: StageStatus, conditions: Conditions, gates: Gates) -> Decision:
    name = stage.plan.name
    if stage.plan.left_out:
        return EndStage(name, Result.SKIPPED, LEFT_OUT)
    verdict = conditions.stage(stage.plan)
    if not verdict.runs:
        return EndStage(name, *_refusal(verdict, canceled=status.canceled, default=not stage.plan.condition))
    if stage.released or not stage.plan.manual:
        return _at_gate(status, stage, gates.look(stage.plan, stage.record.attempt))
    if status.canceled:
        return EndStage(name, Result.CANCELED, RUN_CANCELED)
    return HoldStage(name) if status.attended else EndStage(name, Result.SKIPPED, NOT_STARTED)


def _at_gate(status: RunStatus, stage: StageStatus, gate: Gate) -> Decision:
    name = stage.plan.name
    if gate.result is not None:
        return EndStage(name, gate.result, gate.reason, gate)
    if gate.open:
        return BeginStage(name, gate)
    if status.canceled:
        return EndStage(name, Result.CANCELED, RUN_CANCELED, gate)
    return WaitAtGate(name, gate)


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
        if job.plan.left_out:
            yield EndJob(name, job.plan.name, Result.SKIPPED, LEFT_OUT)
            continue
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
        yield from (_settle(job, leg) for leg in job.settled)
        for decision in _starts(job, free):
            free -= decision.slots
            yield decision
    if not stage.left:
        yield EndStage(name, worst(job.result for job in stage.jobs.values() if job.result is not None))


def _settle(job: JobStatus, leg: str) -> QueueLeg | SkipLeg:
    """A hook runs when all before it succeeded; `on: failure` when one of them did not, or was ended by its timeout.

    https://learn.microsoft.com/azure/devops/pipelines/process/deployment-jobs#descriptions-of-lifecycle-hooks
    """
    plan, ref = job.plan.leg(leg), job.legs[leg].ref
    outcomes = [job.outcome(before) for before in plan.after]
    if plan.on_failure:
        failed = any(outcome in {Result.FAILED, Result.CANCELED} for outcome in outcomes)
        return QueueLeg(ref) if failed else SkipLeg(ref, NO_FAILURE)
    good = all(outcome is not None and succeeded(outcome) for outcome in outcomes)
    return QueueLeg(ref) if good else SkipLeg(ref, HOOK_BEFORE)


def _starts(job: JobStatus, free: int) -> Iterator[StartLeg]:
    """Those that the job's own limit and the free slots let start, in the order of the queue."""
    most = job.startable()
    if job.slotless:
        yield from _within(job, islice(job.queue, max(0, most)), free)
        return
    for leg in islice(job.queue, max(0, min(free, most))):
        yield StartLeg(job.legs[leg].ref)


def _within(job: JobStatus, legs: Iterator[str], free: int) -> Iterator[StartLeg]:
    for leg in legs:
        slots = 0 if leg in job.slotless else 1
        if slots <= max(0, free):
            free -= slots
            yield StartLeg(job.legs[leg].ref, slots)
