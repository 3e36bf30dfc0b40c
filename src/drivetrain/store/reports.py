"""Test results and coverage of runs, as they are written: within the transaction that takes in their journal entry."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from drivetrain.run.reports.model import CaseOutcome, Counts, Measure
from drivetrain.run.reports.ports import NewTests
from drivetrain.store.rows import to_json

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from drivetrain.run.reports.model import CaseResult
    from drivetrain.run.reports.ports import NewCoverage

OUTCOMES = (CaseOutcome.FAILED, CaseOutcome.INCONCLUSIVE, CaseOutcome.NOT_EXECUTED, CaseOutcome.PASSED)
"""By the number that stands for each in the table."""
_NUMBERS = {outcome: number for number, outcome in enumerate(OUTCOMES)}
TOGETHER = 5000
"""Rows that are in memory at once."""
_PLACE = "run_id, stage, job, leg, attempt, step, tries"


def put_reports(connection: sqlite3.Connection, run_id: int, reports: Sequence[NewTests | NewCoverage]) -> None:
    """Write what steps have published. Counts are of what is really there, whatever the journal said."""
    for report in reports:
        if isinstance(report, NewTests):
            _put_tests(connection, run_id, report)
        else:
            _put_coverage(connection, run_id, report)


def drop_unused_tests(connection: sqlite3.Connection) -> None:
    """Forget the names of tests of which no result is left, after runs were removed."""
    connection.execute("DELETE FROM tests WHERE NOT EXISTS (SELECT 1 FROM test_results WHERE test_id = tests.id)")


def _place(run_id: int, new: NewTests | NewCoverage) -> tuple[object, ...]:
    return (run_id, new.job.stage, new.job.job, new.job.leg, new.attempt, new.step, new.tries)


def _put_tests(connection: sqlite3.Connection, run_id: int, new: NewTests) -> None:
    cursor = connection.execute(
        f"INSERT INTO test_reports ({_PLACE}, data, passed, failed, inconclusive, not_executed, seconds, published_at) "  # noqa: S608
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, ?)",
        (*_place(run_id, new), to_json(new.title), new.published_at),
    )
    report_id = int(cursor.lastrowid or 0)
    counts = _put_cases(connection, report_id, new.cases)
    connection.execute(
        "UPDATE test_reports SET passed = ?, failed = ?, inconclusive = ?, not_executed = ?, seconds = ? WHERE id = ?",
        (counts.passed, counts.failed, counts.inconclusive, counts.not_executed, counts.seconds, report_id),
    )


def _put_cases(connection: sqlite3.Connection, report_id: int, cases: Iterable[CaseResult]) -> Counts:
    counts, seconds, position = dict.fromkeys(CaseOutcome, 0), 0.0, 0
    rest = iter(cases)
    while some := list(islice(rest, TOGETHER)):
        _put_some(connection, report_id, position, some)
        position += len(some)
        for case in some:
            counts[case.outcome] += 1
            seconds += case.seconds
    return Counts(
        counts[CaseOutcome.PASSED],
        counts[CaseOutcome.FAILED],
        counts[CaseOutcome.INCONCLUSIVE],
        counts[CaseOutcome.NOT_EXECUTED],
        seconds,
    )


def _put_some(connection: sqlite3.Connection, report_id: int, first: int, cases: Sequence[CaseResult]) -> None:
    names = [(case.storage, case.name, case.title) for case in cases]
    connection.executemany("INSERT OR IGNORE INTO tests (storage, name, title) VALUES (?, ?, ?)", names)
    connection.executemany(
        "INSERT INTO test_results (report_id, position, test_id, outcome, seconds) "
        "SELECT ?, ?, id, ?, ? FROM tests WHERE storage = ? AND name = ? AND title = ?",
        [
            (report_id, position, _NUMBERS[case.outcome], case.seconds, *name)
            for position, (case, name) in enumerate(zip(cases, names, strict=True), first)
        ],
    )
    connection.executemany(
        "INSERT INTO test_details (report_id, position, message, stack, output_at, output_size) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        [
            (report_id, position, case.message, case.stack, case.output_at, case.output_size)
            for position, case in enumerate(cases, first)
            if case.message or case.stack or case.output_size
        ],
    )


def _put_coverage(connection: sqlite3.Connection, run_id: int, new: NewCoverage) -> None:
    cursor = connection.execute(
        f"INSERT INTO coverage_reports ({_PLACE}, tool, lines_covered, lines_total, branches_covered, branches_total, "  # noqa: S608
        "published_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, ?)",
        (*_place(run_id, new), new.totals.tool, new.published_at),
    )
    report_id = int(cursor.lastrowid or 0)
    lines, branches = Measure(), Measure()
    for position, file in enumerate(new.files):
        connection.execute("INSERT INTO coverage_files VALUES (?, ?, ?)", (report_id, position, to_json(file)))
        lines, branches = lines + file.lines, branches + file.branches
    lines = lines if lines.total else new.totals.lines
    branches = branches if branches.total else new.totals.branches
    connection.execute(
        "UPDATE coverage_reports SET lines_covered = ?, lines_total = ?, branches_covered = ?, branches_total = ? "
        "WHERE id = ?",
        (lines.covered, lines.total, branches.covered, branches.total, report_id),
    )
