"""Where a run stands, indexed so that a decision looks only at what is ready: the read view that `decide` takes.

Every stage and job counts the dependencies it still waits for and carries what its ancestors, direct and indirect,
came to (`Ancestry`), so nothing here or in `decide` walks the whole graph again when something completes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.plan.model import LegPlan
from drivetrain.run.model import HELD, DecidedLeg, JobRecord, JobRef, Result, StageRecord, State
from drivetrain.run.nodes import AFTER_CANCEL, QUEUED, dependencies, in_order, new_legs, new_stage
from drivetrain.run.states import Kind, check_move, worst

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drivetrain.plan.model import JobPlan, Plan
    from drivetrain.run.nodes import JobStatus, StageStatus

AFTER_OTHERS = "Waiting for the hooks before it"
CANCELING = "Canceling"


class RunStatus:
    """A run as it stands. Read it freely; it changes only by its own verbs, each of which checks the move."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.canceled = False
        self.stages: dict[str, StageStatus] = {stage.name: new_stage(stage) for stage in plan.stages}
        self.attended = True
        """Whether there is somebody who can start stages by hand."""
        self.ready: dict[str, StageStatus] = {}
        """Stages whose dependencies are completed and whose condition was not looked at."""
        self.held: dict[str, StageStatus] = {}
        """Stages whose condition held, and that wait to be started by hand."""
        self.gated: dict[str, StageStatus] = {}
        """Stages whose condition held, and whose checks have not passed yet."""
        self.active: dict[str, StageStatus] = {}
        self.running: dict[JobRef, JobRecord] = {}
        """Legs that were handed to a runner."""
        self.left = len(self.stages)
        self._link()

    def _link(self) -> None:
        names = {name.lower(): stage for name, stage in self.stages.items()}
        for stage in self.stages.values():
            stage.depends_on = dependencies(stage.plan.depends_on, names, stage.plan.name)
            stage.waiting = len(stage.depends_on)
            for dependency in stage.depends_on:
                dependency.dependents.append(stage)
            if not stage.waiting:
                self.ready[stage.plan.name] = stage
        in_order(self.stages)
        for nodes in [stage.jobs for stage in self.stages.values()]:
            in_order(nodes)  # refuses a circle

    def stage_canceled(self, name: str) -> bool:
        """Whether the cancel of the run is one of this stage: not of one that was begun after it.

        https://learn.microsoft.com/azure/devops/pipelines/process/conditions#pipeline-behavior-when-build-is-canceled
        """
        return self.canceled and not self.stages[name].after_cancel

    def job(self, ref: JobRef) -> JobStatus:
        """The job that a leg belongs to."""
        return self.stages[ref.stage].jobs[ref.job]

    def leg(self, ref: JobRef) -> JobRecord:
        """The newest attempt of a leg."""
        return self.job(ref).legs[ref.leg]

    def put_leg(self, record: JobRecord) -> None:
        """Take over a leg's row when its state stays as it is: outputs, offset, reason."""
        self.job(record.ref).legs[record.ref.leg] = record
        if record.ref in self.running:
            self.running[record.ref] = record

    def hold_stage(self, name: str) -> StageRecord:
        """Its condition held, but somebody has to start it."""
        stage = self.ready.pop(name)
        stage.record = replace(stage.record, reason=HELD)
        self.held[name] = stage
        return stage.record

    def wait_at_gate(self, name: str, reason: str) -> StageRecord:
        """Its condition held, but its checks have not passed; `reason` says what is waited for."""
        stage = self.ready.pop(name)
        stage.record = replace(stage.record, reason=reason)
        self.gated[name] = stage
        return stage.record

    def look_at_gate(self, name: str) -> None:
        """Something may have changed for a stage that waits at its gate: it is looked at again."""
        self.ready[name] = self.gated.pop(name)

    def release_stage(self, name: str, by: str) -> StageRecord:
        """Somebody has started it, perhaps before its turn; its condition is looked at (again) when it has come."""
        stage = self.stages[name]
        stage.released = True
        stage.record = replace(stage.record, started_by=by, reason="")
        if self.held.pop(name, None) is not None:
            self.ready[name] = stage
        return stage.record

    def cancel(self) -> None:
        """The run is to be canceled: what waits to be started by hand, or at a gate, is looked at again."""
        self.canceled = True
        for waiting in (self.held, self.gated):
            self.ready.update(waiting)
            waiting.clear()

    def begin_stage(self, name: str, now: str) -> StageRecord:
        """Its condition held: its jobs may run."""
        stage = self.stages[name]
        reason = AFTER_CANCEL if self.canceled else ""
        record = replace(stage.record, state=State.RUNNING, started_at=now, reason=reason)
        self._move_stage(stage, record)
        self.ready.pop(name, None)
        self.active[name] = stage
        return record

    def end_stage(self, name: str, result: Result, reason: str, now: str) -> StageRecord:
        """It is completed: those that wait for it come nearer."""
        stage = self.stages[name]
        record = replace(stage.record, state=State.COMPLETED, result=result, reason=reason, finished_at=now)
        self._move_stage(stage, record)
        self.ready.pop(name, None)
        self.active.pop(name, None)
        self._after_stage(stage, result)
        return record

    def _after_stage(self, stage: StageStatus, result: Result) -> None:
        stage.after = stage.seen_after(result)
        self.left -= 1
        for dependent in stage.dependents:
            dependent.waiting -= 1
            if not dependent.waiting:
                self.ready[dependent.plan.name] = dependent

    def _move_stage(self, stage: StageStatus, after: StageRecord) -> None:
        before = stage.record
        check_move(Kind.STAGE, before.name, (before.state, before.result), (after.state, after.result))
        stage.record = after

    def decide_legs(self, job: JobStatus, legs: tuple[LegPlan, ...], max_parallel: int) -> list[JobRecord]:
        """What the plan leaves open of a job's strategy is decided, before the job is queued."""
        job.plan = replace(job.plan, legs=legs, max_parallel=max_parallel)
        before = next(iter(job.legs.values()))
        fresh = new_legs(job.stage, job.plan)
        for leg in legs:
            record = replace(fresh[leg.name], decided=DecidedLeg(leg.variables, max_parallel))
            # A leg that is there already (only the limit was open) keeps its place among the attempts.
            attempt = before.attempt if leg.name in job.legs else 1
            fresh[leg.name] = replace(
                record,
                attempt=attempt,
                first=attempt,
                stage_attempt=before.stage_attempt,
                phase_attempt=before.phase_attempt,
            )
        job.legs, job.left = fresh, len(fresh)
        return list(fresh.values())

    def queue_job(self, stage_name: str, job_name: str) -> list[JobRecord]:
        """Its condition held: legs may start as slots become free, unless others come before them."""
        stage = self.stages[stage_name]
        job = stage.jobs[job_name]
        stage.ready.pop(job_name, None)
        job.queued = True
        pending = [record for record in job.legs.values() if record.state is State.PENDING]
        for record in pending:
            leg = record.ref.leg
            if leg in job.awaiting:
                job.legs[leg] = replace(record, reason=AFTER_OTHERS)
            else:
                job.legs[leg] = replace(record, reason=QUEUED)
                job.queue.append(leg)
        stage.open[job_name] = job
        return [job.legs[record.ref.leg] for record in pending]

    def queue_leg(self, ref: JobRef) -> JobRecord:
        """What those before it came to lets it run: it may start as a slot becomes free."""
        job = self.job(ref)
        job.settled.remove(ref.leg)
        job.queue.append(ref.leg)
        job.legs[ref.leg] = record = replace(job.legs[ref.leg], reason=QUEUED)
        return record

    def end_queued(self, stage_name: str, job_name: str, result: Result, reason: str, now: str) -> list[JobRecord]:
        """All legs that were not started end so: the job is skipped, canceled, or failed before it ran."""
        stage = self.stages[stage_name]
        job = stage.jobs[job_name]
        stage.ready.pop(job_name, None)
        legs = [record.ref for record in job.legs.values() if record.state is State.PENDING]
        return [self.end_leg(ref, result, reason, now) for ref in legs]

    def start_leg(self, ref: JobRef) -> JobRecord:
        """It is handed to a runner."""
        job = self.job(ref)
        record = replace(job.legs[ref.leg], state=State.RUNNING, reason="")
        self._move_leg(job, record)
        job.queue.remove(ref.leg)
        self._close_when_empty(job)
        self._count_in(job, record)
        return record

    def _count_in(self, job: JobStatus, record: JobRecord) -> None:
        job.running += 1
        self.running[record.ref] = record

    def _close_when_empty(self, job: JobStatus) -> None:
        if not job.queue and not job.settled:
            self.stages[job.stage].open.pop(job.plan.name, None)

    def end_leg(self, ref: JobRef, result: Result, reason: str, now: str, outcome: Result | None = None) -> JobRecord:
        """A leg is completed, and with the last one the job; `outcome` is what `continueOnError` made the result of."""
        job = self.job(ref)
        before = replace(job.legs[ref.leg], outcome=outcome or result, reason=reason, finished_at=now)
        record = replace(before, state=State.COMPLETED, result=result)
        self._move_leg(job, record)
        if self.running.pop(ref, None) is not None:
            job.running -= 1
        if job.settle(ref.leg):
            self.stages[job.stage].open[job.plan.name] = job
        self._close_when_empty(job)
        job.left -= 1
        if not job.left:
            self._after_job(job)
        return record

    def retry_leg(self, ref: JobRef) -> JobRecord:
        """Instead of the attempt that was just lost, a new one is queued. Call it before the old one is ended."""
        job = self.job(ref)
        old = job.legs[ref.leg]
        self.running.pop(ref, None)
        job.running -= 1
        record = JobRecord(
            ref,
            old.attempt + 1,
            old.display_name,
            reason=QUEUED,
            decided=old.decided,
            first=old.first,
            stage_attempt=old.stage_attempt,
            phase_attempt=old.phase_attempt,
        )
        job.legs[ref.leg] = record
        job.queue.append(ref.leg)
        self.stages[job.stage].open[job.plan.name] = job
        return record

    def _move_leg(self, job: JobStatus, after: JobRecord) -> None:
        before = job.legs[after.ref.leg]
        check_move(Kind.JOB, str(after.ref), (before.state, before.result), (after.state, after.result))
        job.legs[after.ref.leg] = after

    def _after_job(self, job: JobStatus) -> None:
        stage = self.stages[job.stage]
        job.result = worst(record.result for record in job.legs.values() if record.result is not None)
        job.after = job.seen_after(job.result)
        stage.left -= 1
        stage.ready.pop(job.plan.name, None)
        for dependent in job.dependents:
            dependent.waiting -= 1
            if not dependent.waiting and dependent.left and not dependent.queued:
                stage.ready[dependent.plan.name] = dependent


def restore(plan: Plan, stages: Sequence[StageRecord], jobs: Sequence[JobRecord]) -> RunStatus:
    """A run as its rows say it stands, for a driver that takes it over."""
    status = RunStatus(plan)
    rows: _Rows = {}
    for row in jobs:
        rows.setdefault((row.ref.stage, row.ref.job), {})[row.ref.leg] = row
    records = {record.name: record for record in stages}
    # In the order of dependencies, so that ancestors are known before those that ask for theirs.
    for stage in in_order(status.stages):
        _restore_jobs(status, stage, rows)
        record = records.get(stage.plan.name, stage.record)
        stage.record = record
        stage.released = bool(record.started_by)
        if record.state is not State.PENDING:
            status.ready.pop(record.name, None)
        elif record.held and record.name in status.ready:
            status.held[record.name] = status.ready.pop(record.name)
        if record.state is State.RUNNING:
            status.active[record.name] = stage
        elif record.result is not None:
            status._after_stage(stage, record.result)  # noqa: SLF001 - restoring is the class's own business
    return status


def _was_queued(record: JobRecord) -> bool:
    """Whether the condition of its job has held in this attempt: a leg that is completed may be of an earlier one."""
    return record.state is State.RUNNING or (record.state is State.PENDING and record.reason in {QUEUED, AFTER_OTHERS})


_Rows = dict[tuple[str, str], dict[str, JobRecord]]
"""(stage, job) -> leg -> its newest attempt."""


def _restore_jobs(status: RunStatus, stage: StageStatus, rows: _Rows) -> None:
    for job in in_order(stage.jobs):
        records = _restore_legs(job, rows.get((job.stage, job.plan.name), {}))
        job.left = sum(record.state is not State.COMPLETED for record in records)
        job.queued = any(_was_queued(record) for record in records)
        for record in records:
            if record.state is State.RUNNING:
                status._count_in(job, record)  # noqa: SLF001
            elif record.state is State.PENDING and job.queued:
                _restore_waiting(job, record)
        if job.queued:
            stage.ready.pop(job.plan.name, None)
        if job.queue or job.settled:
            stage.open[job.plan.name] = job
        if not job.left:
            status._after_job(job)  # noqa: SLF001


def _restore_legs(job: JobStatus, known: Mapping[str, JobRecord]) -> list[JobRecord]:
    """The job's legs as their rows say; which legs there are may have been decided at run time."""
    job.plan = _as_decided(job.plan, [record for record in known.values() if record.decided is not None])
    job.legs = {leg: known.get(leg, record) for leg, record in new_legs(job.stage, job.plan).items()}
    job.link()
    return list(job.legs.values())


def _as_decided(plan: JobPlan, records: Sequence[JobRecord]) -> JobPlan:
    decided = {record.ref.leg: record.decided for record in records if record.decided is not None}
    if plan.strategy is None or not decided:
        return plan
    legs = tuple(LegPlan(leg, each.variables) for leg, each in decided.items())
    limit = next(iter(decided.values())).max_parallel
    return replace(plan, legs=legs if plan.strategy.legs_unknown else plan.legs, max_parallel=limit)


def _restore_waiting(job: JobStatus, record: JobRecord) -> None:
    """A leg that was not started: it waits for a slot, or for those before it, or is to be looked at."""
    waits = job.awaiting.get(record.ref.leg)
    if record.reason == QUEUED or waits is None:
        job.awaiting.pop(record.ref.leg, None)
        job.queue.append(record.ref.leg)
    elif not waits:
        del job.awaiting[record.ref.leg]
        job.settled.append(record.ref.leg)
