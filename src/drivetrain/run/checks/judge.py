"""Where the gate of a stage stands by its checks: pure.

Categories are looked at in order; those of a category together. A check that has failed closes the gate for good. What
passed only for a time (business hours, an answer of a REST API) is looked at again until the gate opens.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from drivetrain.clock import timestamp
from drivetrain.run.checks.facts import deadline, in_words
from drivetrain.run.checks.kinds import category_of, look, timeout_of
from drivetrain.run.checks.model import ENDED, Category, CheckState, GateRecord
from drivetrain.run.model import Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from drivetrain.run.checks.facts import Facts, Finding
    from drivetrain.run.checks.model import CheckRun

_FINAL = frozenset({*ENDED, CheckState.SKIPPED})
_RESULTS = {CheckState.CANCELED: Result.CANCELED}


class Judgement(Struct, frozen=True):
    """What looking came to."""

    record: GateRecord
    look_again: datetime | None = None
    calls: tuple[CheckRun, ...] = ()
    """Checks whose REST API is to be asked now."""
    locks: tuple[CheckRun, ...] = ()
    """Every other check has passed: these locks are to be asked for."""


def in_turn(checks: Iterable[CheckRun]) -> tuple[CheckRun, ...]:
    """The checks of a gate in the order of their categories; in a category, as they were made."""
    return tuple(sorted(checks, key=lambda run: (category_of(run.check), run.check.id)))


def judge(record: GateRecord, facts: Facts) -> Judgement:
    """The gate as it is by the facts; `record` holds its checks in turn."""
    done: list[CheckRun] = []
    again: list[datetime] = []
    calls: list[CheckRun] = []
    passing = True
    for category, checks in groupby(record.checks, lambda run: category_of(run.check)):
        if category is Category.LOCK and passing:
            locks = [_begun(run, facts.now) for run in checks]
            return _with_locks(replace(record, checks=(*done, *locks)), locks, again, calls, facts)
        looked = [_looked(run, facts, begins=passing) for run in checks]
        for run, finding in looked:
            done.append(run)
            if finding is not None and finding.look_again is not None:
                again.append(finding.look_again)
            if finding is not None and finding.call and run.state not in _FINAL:
                calls.append(run)
        passing = passing and all(run.state is CheckState.PASSED for run, _ in looked)
    return _judged(replace(record, checks=tuple(done)), again, calls, facts.now, opens=passing)


def _with_locks(
    record: GateRecord, locks: Sequence[CheckRun], again: list[datetime], calls: list[CheckRun], facts: Facts
) -> Judgement:
    late = [run for run in locks if _late(run, facts.now)]
    timed_out = {run.check.id: _timed_out(run, facts.now) for run in late}
    checks = tuple(timed_out.get(run.check.id, run) for run in record.checks)
    again = [*again, *(deadline(run, timeout_of(run.check)[0]) for run in locks)]
    judgement = _judged(replace(record, checks=checks), again, calls, facts.now, opens=False)
    return judgement if late or judgement.record.closed else replace(judgement, locks=tuple(locks))


def _judged(
    record: GateRecord, again: list[datetime], calls: list[CheckRun], now: datetime, *, opens: bool
) -> Judgement:
    ended = next((run for run in record.checks if run.state in ENDED), None)
    if ended is not None:
        return Judgement(refused(record, ended, now))
    if opens:
        return Judgement(opened(record, now))
    return Judgement(replace(record, reason=_waits(record)), min(again, default=None), tuple(calls))


def _looked(run: CheckRun, facts: Facts, *, begins: bool) -> tuple[CheckRun, Finding | None]:
    if run.state in _FINAL or (run.state is CheckState.WAITING and not begins):
        return run, None
    begun = _begun(run, facts.now)
    finding = look(begun, facts)
    for_a_time = finding.state is CheckState.RUNNING or finding.look_again is not None
    if for_a_time and _late(begun, facts.now):
        return _timed_out(begun, facts.now), None
    finished = timestamp(facts.now) if finding.state not in {CheckState.RUNNING, CheckState.PASSED} else ""
    if finding.state is CheckState.PASSED:
        finished = begun.finished_at or timestamp(facts.now)
    return replace(begun, state=finding.state, reason=finding.reason, finished_at=finished), finding


def _begun(run: CheckRun, now: datetime) -> CheckRun:
    if run.state is not CheckState.WAITING:
        return run
    return replace(run, state=CheckState.RUNNING, started_at=timestamp(now))


def _late(run: CheckRun, now: datetime) -> bool:
    minutes, _ = timeout_of(run.check)
    return minutes > 0 and now >= deadline(run, minutes)


def _timed_out(run: CheckRun, now: datetime) -> CheckRun:
    minutes, _ = timeout_of(run.check)
    reason = f"it did not pass within {in_words(minutes)}"
    return replace(run, state=CheckState.TIMED_OUT, reason=reason, finished_at=timestamp(now))


def opened(record: GateRecord, now: datetime) -> GateRecord:
    """The gate with every check passed."""
    at = timestamp(now)
    checks = tuple(
        run
        if run.state is CheckState.PASSED
        else replace(run, state=CheckState.PASSED, started_at=run.started_at or at, finished_at=at)
        for run in record.checks
    )
    return replace(record, checks=checks, open=True, reason="", finished_at=at)


def refused(record: GateRecord, ended: CheckRun, now: datetime) -> GateRecord:
    """The gate closed for good by one of its checks."""
    return given_up(record, _result(ended), _why(ended), now)


def given_up(record: GateRecord, result: Result, reason: str, now: datetime) -> GateRecord:
    """The gate closed for good; checks that had not come to an end are not needed any more."""
    at = timestamp(now)
    checks = tuple(
        replace(run, state=CheckState.SKIPPED, finished_at=at)
        if run.state in {CheckState.WAITING, CheckState.RUNNING}
        else run
        for run in record.checks
    )
    return replace(record, checks=checks, result=result, reason=reason, finished_at=at)


def _result(run: CheckRun) -> Result:
    if run.state is CheckState.TIMED_OUT:
        return timeout_of(run.check)[1]
    return _RESULTS.get(run.state, Result.FAILED)


_ENDINGS = {
    CheckState.FAILED: "failed",
    CheckState.REJECTED: "was refused",
    CheckState.TIMED_OUT: "timed out",
    CheckState.CANCELED: "was given up",
}


def _why(run: CheckRun) -> str:
    return f"The check {run.title} {_ENDINGS[run.state]}: {run.reason}"


def _waits(record: GateRecord) -> str:
    waiting = [f"{run.title} ({run.reason})" if run.reason else run.title for run in record.checks if _is_waiting(run)]
    return f"Waiting for {', '.join(waiting)}" if waiting else ""


def _is_waiting(run: CheckRun) -> bool:
    return run.state is CheckState.RUNNING
