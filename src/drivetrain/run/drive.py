"""One run, driven: what its runners wrote is taken in, what is next is decided, written, and then done.

Each round writes one transaction, and acts only after it: a job is `running` in the store before its runner is
started, so whoever takes a run over starts again what has no journal, and a runner that is second to come ends at once.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.clock import timestamp
from drivetrain.errors import CorruptError, UserError
from drivetrain.run.actions import Actions
from drivetrain.run.attempt import Attempt, Word
from drivetrain.run.batch import Batch
from drivetrain.run.checks.delivery import deliver
from drivetrain.run.decide import (
    BeginStage,
    EndJob,
    EndRun,
    EndStage,
    HoldStage,
    QueueJob,
    QueueLeg,
    SkipLeg,
    StartLeg,
    WaitAtGate,
    decide,
)
from drivetrain.run.evaluation import Evaluation
from drivetrain.run.gates import StageGates
from drivetrain.run.intake import Intake
from drivetrain.run.job_spec import minutes
from drivetrain.run.journal import FILE_NAME
from drivetrain.run.launch import job_dir
from drivetrain.run.legs import Undecided
from drivetrain.run.model import JobRef, Result, State
from drivetrain.run.nodes import QUEUED
from drivetrain.run.places import place_of
from drivetrain.run.stage_moves import move_stage, put_ended
from drivetrain.run.states import Kind, after_continue_on_error, check_move
from drivetrain.run.status import CANCELING, restore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.plan.model import Plan
    from drivetrain.run.decide import Decision
    from drivetrain.run.events import RunEvent
    from drivetrain.run.job_spec import Prepared
    from drivetrain.run.launch import Parts
    from drivetrain.run.model import JobRecord, Run, StepRecord
    from drivetrain.run.nodes import JobStatus
    from drivetrain.run.status import RunStatus

NO_PLAN = "Its pipeline file could not be read"


class Drive:
    """Drives one run that has a plan. The caller holds the run's driver lock."""

    def __init__(self, run: Run, plan: Plan, parts: Parts) -> None:
        """Take the run over as it stands in the store. Raises CorruptError, UnavailableError."""
        self._parts = parts
        self._plan = plan
        self.run = run
        self._seq = parts.store.last_seq(run.id)
        self.status: RunStatus = restore(plan, parts.store.stages(run.id), parts.store.jobs(run.id))
        self.status.attended = run.project_id is not None
        if run.canceling:
            self.status.cancel()
        self._looked = False
        self._attempts: dict[JobRef, Attempt] = {}
        self._actions = Actions()
        self._evaluation = self._evaluate()
        self._gates = StageGates(parts.gates, lambda: self.run, plan, parts.clock)
        self._gates.restore(stage.record for stage in self.status.stages.values())
        self._resume()

    @property
    def done(self) -> bool:
        """Whether the run is completed."""
        return self.run.state is State.COMPLETED

    @property
    def running(self) -> int:
        """How many slots are taken: jobs that are with runners, but for those of the server."""
        return sum(not attempt.on_server for attempt in self._attempts.values())

    def tick(self, free: int, *, look: bool = True) -> Sequence[RunEvent]:
        """One round with `free` slots for more jobs; the events that were written.

        `look`: the store has changed, so look whether the run is to be canceled, and at the gates of stages. Raises
        ConflictError when somebody else drives the run, UnavailableError when the store cannot be written: the drive
        is of no more use then.
        """
        batch = Batch(self._seq, timestamp(self._parts.clock.now()))
        free += self.running
        if self.run.state is State.PENDING:
            self._begin(batch)
        if look or not self._looked:
            self._look(batch)
        for stage in [*self.status.gated] if look else self._gates.due():
            self.status.look_at_gate(stage)
        self._follow(batch)
        while not self.done and (decisions := self._decide(free - self.running)):
            for decision in decisions:
                self._apply(decision, batch)
        if batch:
            self._parts.store.record(self.run.id, batch.events, batch.changes())
            self._seq = batch.last_seq
            if batch.asks:  # and it may have been answered already, in an attempt before
                self._deliver()
        self._act()
        return batch.events

    # The run.

    def _evaluate(self) -> Evaluation:
        return Evaluation(self.status, self._parts, lambda: self.run)

    def _begin(self, batch: Batch) -> None:
        check_move(Kind.RUN, str(self.run.id), (self.run.state, self.run.result), (State.RUNNING, None))
        self.run = replace(self.run, state=State.RUNNING, started_at=batch.now)
        batch.run(state=State.RUNNING, started_at=batch.now)
        batch.event("run.started", {})
        for stage in self.status.stages.values():
            batch.stage(stage.record)
            for job in stage.jobs.values():
                for record in job.legs.values():
                    batch.job(record)
        self._evaluation = self._evaluate()

    def _end(self, result: Result, batch: Batch) -> None:
        after = (State.COMPLETED, result)
        check_move(Kind.RUN, str(self.run.id), (self.run.state, self.run.result), after)
        self.run = replace(self.run, state=State.COMPLETED, result=result, finished_at=batch.now)
        batch.run(state=State.COMPLETED, result=result, finished_at=batch.now)
        batch.event("run.completed", {"result": result, "reason": ""})

    def _look(self, batch: Batch) -> None:
        """What others have asked for: stages to be started, the run to be canceled."""
        self._looked = True
        self._deliver()
        if any(stage.plan.manual and not stage.released for stage in self.status.stages.values()):
            self._look_for_starts(batch)
        if not self.status.canceled:
            self._look_for_cancel(batch)

    def _deliver(self) -> None:
        """What people have decided goes to the steps that wait for it."""
        asking = (each for each in self._attempts.values() if self._on_server(each.record.ref))
        deliver(self._parts.answers, self.run.id, ((each.record, each.job_dir) for each in asking))

    def _on_server(self, ref: JobRef) -> bool:
        """Only jobs of the server have steps that ask people."""
        return self.status.job(ref).plan.on_server(ref.leg)

    def _look_for_starts(self, batch: Batch) -> None:
        for name, by in self._parts.store.starts(self.run.id).items():
            stage = self.status.stages[name]
            if stage.record.state is State.PENDING and not stage.released:
                batch.stage(self.status.release_stage(name, by))
                batch.event("stage.released", {"stage": name, "by": by})

    def _look_for_cancel(self, batch: Batch) -> None:
        stored = self._parts.store.get(self.run.id)
        if not stored.cancel_requested:
            return
        self.status.cancel()
        batch.run(canceling=True)
        batch.event("run.canceling", {"by": stored.cancel_by})
        for attempt in self._attempts.values():
            attempt.intake.record = replace(attempt.record, reason=CANCELING)
            attempt.canceled_at = self._parts.clock.now()
            self.status.put_leg(attempt.record)
            batch.job(attempt.record)
            self._actions.cancels.append(attempt)

    # Jobs that are with runners.

    def _resume(self) -> None:
        """Take over the jobs that were handed to runners by the one who drove before."""
        if not self.status.running:
            return
        steps: dict[tuple[JobRef, int], dict[int, StepRecord]] = {}
        for step in self._parts.store.steps(self.run.id):
            steps.setdefault((step.job, step.attempt), {})[step.index] = step
        for record in self.status.running.values():
            attempt = self._attempt(record, self._prepare_again(record), steps.get((record.ref, record.attempt), {}))
            # A runner that is just coming up does not mind another: the one that is second ends at once.
            if not (attempt.job_dir / FILE_NAME).exists():
                self._actions.launches.append(attempt)
            if record.reason == CANCELING:
                attempt.canceled_at = self._parts.clock.now()
                self._actions.cancels.append(attempt)

    def _prepare_again(self, record: JobRecord) -> Prepared | None:
        try:
            return self._evaluation.prepare(record)
        except (UserError, CorruptError):
            return None

    def _attempt(self, record: JobRecord, prepared: Prepared | None, steps: dict[int, StepRecord]) -> Attempt:
        timeout = minutes(prepared.spec.timeout_minutes, 60) if prepared else 0
        cancel = minutes(prepared.spec.cancel_timeout_minutes, 5) if prepared else 5
        attempt = Attempt(
            intake=Intake(self.run.id, record, steps, job_dir=job_dir(self._parts, self.run.id, record)),
            prepared=prepared,
            job_dir=job_dir(self._parts, self.run.id, record),
            launched_at=self._parts.clock.now(),
            timeout=timedelta(minutes=timeout) if timeout else None,
            cancel_timeout=timedelta(minutes=cancel),
            on_server=self.status.job(record.ref).plan.on_server(record.ref.leg),
        )
        self._attempts[record.ref] = attempt
        return attempt

    def _follow(self, batch: Batch) -> None:
        now = self._parts.clock.now()
        for attempt in list(self._attempts.values()):
            word = attempt.follow(self._parts.executor, now, batch)
            self.status.put_leg(attempt.record)
            if word is Word.COMPLETED:
                outcome = attempt.intake.outcome or Result.FAILED
                attempt.intake.end_steps(outcome, attempt.intake.reason, batch)
                self._end_attempt(attempt, outcome, attempt.intake.reason, batch)
            elif word is Word.LOST:
                self._lose(attempt, batch)
            elif word is Word.START_AGAIN:
                self._actions.launches.append(attempt)
        if batch.number is not None:
            self.run = replace(self.run, number=batch.number)

    def _lose(self, attempt: Attempt, batch: Batch) -> None:
        """The runner is gone, or will be: what it left is ended, and the job with it, or tried again."""
        self._actions.reaps.append(attempt)
        steps = self.status.job(attempt.record.ref).plan.steps_of(attempt.record.ref.leg)
        begins_again = attempt.begins_again()
        again = begins_again or attempt.retries({step.name: step.retry_count for step in steps})
        attempt.intake.end_steps(attempt.result, attempt.reason, batch)
        data = {"type_": "warning" if begins_again else "error", "message": attempt.reason}
        batch.job_event("issue", attempt.record, data)
        if again:
            self._try_again(attempt, batch)
        else:
            self._end_attempt(attempt, attempt.result, attempt.reason, batch)

    def _try_again(self, attempt: Attempt, batch: Batch) -> None:
        old = replace(
            attempt.record, state=State.COMPLETED, result=attempt.result, reason=attempt.reason, finished_at=batch.now
        )
        del self._attempts[old.ref]
        self._actions.ended.append(attempt)
        batch.job(old)
        batch.job_event("job.completed", old, {"result": old.result, "reason": old.reason})
        new = self.status.retry_leg(old.ref)
        batch.job(new)
        batch.job_event("job.queued", new, {})

    def _end_attempt(self, attempt: Attempt, outcome: Result, reason: str, batch: Batch) -> None:
        ref = attempt.record.ref
        del self._attempts[ref]
        self._actions.ended.append(attempt)
        result = after_continue_on_error(outcome, continue_on_error=self._evaluation.continues(ref, outcome))
        put_ended([self.status.end_leg(ref, result, reason, batch.now, outcome)], batch)

    # Decisions.

    def _decide(self, free: int) -> list[Decision]:
        return decide(self.status, self._evaluation.expressions, self._gates, free)

    def _apply(self, decision: Decision, batch: Batch) -> None:
        match decision:
            case BeginStage() | HoldStage() | WaitAtGate() | EndStage():
                move_stage(decision, self.status, batch, self._evaluation.masked)
                if isinstance(decision, EndStage):
                    self._actions.leaves.append(decision.stage)
            case QueueJob():
                self._queue(self.status.stages[decision.stage].jobs[decision.job], batch)
            case EndJob():
                self._end_job(decision, batch)
            case QueueLeg():
                self._put_queued(self.status.queue_leg(decision.ref), batch)
            case SkipLeg():
                put_ended([self.status.end_leg(decision.ref, Result.SKIPPED, decision.reason, batch.now)], batch)
            case StartLeg():
                self._start(decision.ref, batch)
            case EndRun():
                self._end(decision.result, batch)

    def _queue(self, job: JobStatus, batch: Batch) -> None:
        undecided = job.plan.strategy is not None and all(record.decided is None for record in job.legs.values())
        if undecided and not self._decide_legs(job, batch):
            return
        for record in self.status.queue_job(job.stage, job.plan.name):
            batch.job(record)
            if record.reason == QUEUED:
                batch.job_event("job.queued", record, {})

    def _put_queued(self, record: JobRecord, batch: Batch) -> None:
        batch.job(record)
        batch.job_event("job.queued", record, {})

    def _decide_legs(self, job: JobStatus, batch: Batch) -> bool:
        """Work out what the plan leaves open of a strategy; the job fails where that cannot be done."""
        stage, plan = self.status.stages[job.stage].plan, job.plan
        found = self._evaluation.legs(stage, plan)
        if isinstance(found, Undecided):
            end = EndJob(stage.name, plan.name, Result.FAILED, f"Its strategy cannot be decided: {found.reason}")
            self._end_job(end, batch, found.position)
            return False
        records = self.status.decide_legs(job, found.legs, found.max_parallel)
        if plan.strategy is not None and plan.strategy.legs_unknown:
            batch.legs(JobRef(stage.name, plan.name), records)
        return True

    def _end_job(self, decision: EndJob, batch: Batch, position: str = "") -> None:
        why = self._evaluation.masked(decision.reason)
        records = self.status.end_queued(decision.stage, decision.job, decision.result, why, batch.now)
        if decision.result is Result.FAILED:
            for record in records:
                batch.job_event("issue", record, {**self._job_issue(record.ref, why), **place_of(position)})
        put_ended(records, batch)

    def _start(self, ref: JobRef, batch: Batch) -> None:
        try:
            prepared = self._evaluation.prepare(self.status.leg(ref))
        except (UserError, CorruptError) as error:
            why = self._evaluation.masked(error.message)
            record = self.status.end_leg(ref, Result.FAILED, why, batch.now)
            batch.job_event("issue", record, self._job_issue(ref, why))
            put_ended([record], batch)
            return
        record = replace(self.status.start_leg(ref), display_name=prepared.spec.display_name)
        self.status.put_leg(record)
        batch.job(record)
        self._actions.launches.append(self._attempt(record, prepared, {}))

    def _job_issue(self, ref: JobRef, message: str) -> dict[str, object]:
        return {"type_": "error", "message": message, **place_of(self.status.job(ref).plan.position)}

    def _act(self) -> None:
        actions, self._actions = self._actions, Actions()
        actions.carry_out(self._parts, self.run.id, self._gates)
