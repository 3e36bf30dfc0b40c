"""The gatekeeper: looks at the checks of a stage's resources, and keeps what it saw in the store.

Nothing is remembered here that the store does not hold, but for requests that are under way: after a kill they are made
again.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.clock import timestamp
from drivetrain.run.checks import approval as approvals_of
from drivetrain.run.checks import exclusive_lock, model_gate
from drivetrain.run.checks.facts import Facts
from drivetrain.run.checks.judge import given_up, in_turn, judge, opened, refused
from drivetrain.run.checks.kinds import kept
from drivetrain.run.checks.model import (
    OPEN,
    ApprovalState,
    CheckRun,
    CheckState,
    Gate,
    GateRecord,
    LockState,
)
from drivetrain.run.checks.ports import NoGateWords
from drivetrain.run.model import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from drivetrain.clock import Clock
    from drivetrain.plan.model import Plan, ResourceUse, StagePlan
    from drivetrain.run.checks.calls import Calls
    from drivetrain.run.checks.judge import Judgement
    from drivetrain.run.checks.model import Approval, LockAnswer
    from drivetrain.run.checks.ports import CheckStore, GateWords
    from drivetrain.run.model import Run

LOOK_SECONDS = 1.0
"""How often a stage that waits for a lock looks: its holder may be driven by the same thread, whose own writing does
not count as news."""
NEVER_BEGAN = "The stage never began"

Event = tuple[str, "Mapping[str, object]"]


class StoreGatekeeper:
    """The Gatekeeper port on a CheckStore. One thread at a time calls it for a run."""

    def __init__(
        self,
        store: CheckStore,
        clock: Clock,
        calls: Calls,
        driven: Callable[[int], bool] = lambda _: True,
        words: GateWords | None = None,
    ) -> None:
        """`driven` says whether anybody drives a run; `words` what gates of models have said."""
        self._words = words or NoGateWords()
        self._driven = driven
        self._store = store
        self._clock = clock
        self._calls = calls

    def look(self, run: Run, plan: Plan, stage: StagePlan, attempt: int) -> Gate:
        """Where the gate of this attempt at a stage stands."""
        if not stage.resources:
            return OPEN
        record = self._store.gate(run.id, stage.name, attempt)
        if record is None:
            return self._first(run, plan, stage, attempt)
        return _gate(record) if record.closed else self._again(record, run, plan, stage)

    def leave(self, run: Run, stage: str, attempt: int) -> None:
        """Locks are free again, and nobody has to decide any more."""
        self._store.unlock(run.id, stage, attempt)
        self._calls.leave(run.id, stage, attempt)
        record = self._store.gate(run.id, stage, attempt)
        if record is not None and not record.closed:
            self._store.keep(given_up(record, Result.CANCELED, NEVER_BEGAN, self._clock.now()))

    def _first(self, run: Run, plan: Plan, stage: StagePlan, attempt: int) -> Gate:
        now = self._clock.now()
        unknown = next((use for use in stage.resources if "$(" in use.name), None)
        if unknown is not None:
            record = _unknown(run, stage, attempt, unknown, timestamp(now))
            self._store.keep(record)
            return _gate(record)
        checks = self._store.of_uses(run.project, stage.resources)
        record = GateRecord(
            run.id, stage.name, attempt, in_turn(CheckRun(each) for each in checks), created_at=timestamp(now)
        )
        by = self._store.skipped_by(run.id) if checks else ""
        if checks and not by:
            return self._again(record, run, plan, stage)
        skipped = tuple(replace(each, state=CheckState.SKIPPED, reason=f"skipped by {by}") for each in record.checks)
        self._store.keep(replace(record, checks=skipped, open=True, finished_at=timestamp(now)))
        names = [each.title for each in skipped]
        return Gate(open=True, events=(("checks.skipped", {"by": by, "checks": names}),) if names else ())

    def _again(self, record: GateRecord, run: Run, plan: Plan, stage: StagePlan) -> Gate:
        facts = self._facts(record, run, plan, stage)
        judgement = judge(record, facts)
        if not self._end_late(judgement.record, facts):
            return self._again(record, run, plan, stage)
        if judgement.locks:
            judgement = self._ask_for_locks(judgement, run, stage, facts.now)
        elif any(each.check.type == exclusive_lock.TYPE for each in record.checks):
            self._store.unlock(run.id, stage.name, record.attempt, waiting_only=True)
        after = judgement.record
        questions = list(_questions(after, facts))
        if after != record or questions:
            self._store.keep(after, questions)
        for check in judgement.calls:
            self._calls.begin(check, facts, record.attempt)
        if after.closed:
            self._calls.leave(run.id, stage.name, record.attempt)
        again = timestamp(judgement.look_again) if judgement.look_again is not None and not after.closed else ""
        return replace(_gate(after), look_again=again, events=tuple(_events(record, after, facts)))

    def _facts(self, record: GateRecord, run: Run, plan: Plan, stage: StagePlan) -> Facts:
        calling = self._calls.under_way(run.id, stage.name, record.attempt)
        asked = [each for each in self._store.approvals(run.id) if each.check_id]
        mine = {each.check_id: each for each in asked if (each.stage, each.attempt) == (stage.name, record.attempt)}
        return Facts(
            self._clock.now(),
            run,
            plan,
            stage,
            mine,
            dict(self._store.answers(run.id, stage.name, record.attempt)),
            calling,
            self._words.of_run(run.id) if any(each.check.type == model_gate.TYPE for each in record.checks) else (),
        )

    def _ask_for_locks(self, judgement: Judgement, run: Run, stage: StagePlan, now: datetime) -> Judgement:
        record, locks = judgement.record, judgement.locks
        latest = stage.lock_behavior.lower() != exclusive_lock.SEQUENTIAL
        resources = [each.check.resource for each in locks]
        answer = self._store.lock(run, stage.name, record.attempt, resources, latest=latest)
        if answer.state is LockState.HELD:
            return replace(judgement, record=opened(record, now), look_again=None)
        if answer.state is LockState.SUPERSEDED:
            why = f"run {answer.run_id} is newer"
            ended = replace(locks[0], state=CheckState.CANCELED, reason=why, finished_at=timestamp(now))
            checks = tuple(ended if each.check.id == ended.check.id else each for each in record.checks)
            return replace(judgement, record=refused(replace(record, checks=checks), ended, now), look_again=None)
        return _waits_for(answer, judgement, now, driven=not answer.run_id or self._driven(answer.run_id))

    def _end_late(self, record: GateRecord, facts: Facts) -> bool:
        """Questions whose time is over. False when somebody has decided in this very moment: that counts."""
        late = [each.check.id for each in record.checks if each.state is CheckState.TIMED_OUT]
        questions = [facts.approvals[check] for check in late if check in facts.approvals]
        pending = [each for each in questions if each.state is ApprovalState.PENDING]
        return all(self._store.end(each.id, ApprovalState.TIMED_OUT) for each in pending)


def _waits_for(answer: LockAnswer, judgement: Judgement, now: datetime, *, driven: bool) -> Judgement:
    """The same gate, waiting for who has the lock. What a killed command has left is taken over by a server."""
    alone = "" if driven else ", and nobody drives that run: drivetrain up brings it to its end"
    holder = f"run {answer.run_id}, stage {answer.stage}, has it{alone}"
    ids = {each.check.id for each in judgement.locks}
    checks = tuple(replace(each, reason=holder) if each.check.id in ids else each for each in judgement.record.checks)
    names = ", ".join(each.title for each in judgement.locks)
    record = replace(judgement.record, checks=checks, reason=f"Waiting for {names} ({holder})")
    soon = now + timedelta(seconds=LOOK_SECONDS)
    return replace(judgement, record=record, look_again=min(soon, judgement.look_again or soon))


def _unknown(run: Run, stage: StagePlan, attempt: int, use: ResourceUse, at: str) -> GateRecord:
    """Nobody knows which checks hold: as on Azure, names are known before a run, or the stage does not start."""
    why = f"{use.kind} '{use.name}' could not be found: its name is not known before the run"
    hint = "set the variable in the file, in a variable group of the pipeline, or when queueing"
    return GateRecord(
        run.id, stage.name, attempt, result=Result.FAILED, reason=f"{why} ({hint})", created_at=at, finished_at=at
    )


def _gate(record: GateRecord) -> Gate:
    return Gate(record.open, record.result, record.reason)


def _questions(after: GateRecord, facts: Facts) -> Iterator[Approval]:
    """What is to be asked of people now: approvals that have just begun."""
    if after.closed:
        return
    for each in after.checks:
        if each.check.type != approvals_of.TYPE or each.state is not CheckState.RUNNING:
            continue
        if each.check.id not in facts.approvals:
            yield _question(each, after, facts)


def _question(each: CheckRun, record: GateRecord, facts: Facts) -> Approval:
    _, settings = kept(each.check)
    return replace(approvals_of.asked(settings, each, facts), attempt=record.attempt)


def _events(before: GateRecord, after: GateRecord, facts: Facts) -> Iterator[Event]:
    """What has happened between two looks."""
    known = {each.check.id: each for each in before.checks}
    for each in after.checks:
        was = known[each.check.id]
        what = {"check": each.check.type, "resource": str(each.check.resource)}
        if was.state is CheckState.WAITING and each.started_at:
            yield "check.started", what
        if was.state is not each.state and each.state not in {CheckState.WAITING, CheckState.RUNNING}:
            yield from _decisions(each, facts, what)
            yield "check.completed", {**what, "state": each.state, "reason": each.reason}


def _decisions(each: CheckRun, facts: Facts, what: Mapping[str, object]) -> Iterator[Event]:
    question = facts.approvals.get(each.check.id)
    for decision in question.decisions if question is not None else ():
        said = {"by": decision.by, "approve": decision.approve, "comment": decision.comment, "at": decision.at}
        yield "check.decided", {**what, **said}
