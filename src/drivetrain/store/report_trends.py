"""Test results and coverage over the runs of a pipeline on a branch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.run.reports.model import CaseOutcome, Counts
from drivetrain.store.coverage_queries import run_lines
from drivetrain.store.report_history import POINT, WINDOW, failed_tests, is_flaky, outcomes, point_from
from drivetrain.view.reports.ports import Line, Often, RunPoint, TrendPoint

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from drivetrain.store.report_history import Ran

MOST_LINES = 200
MOST_TESTS = 5000
"""So many tests that failed are looked into."""
_HAS = (
    "(EXISTS (SELECT 1 FROM test_reports WHERE run_id = runs.id) "
    "OR EXISTS (SELECT 1 FROM coverage_reports WHERE run_id = runs.id))"
)


def lines_of_runs(connection: sqlite3.Connection) -> list[Line]:
    """Pipelines and branches that have published anything, the one that did so last first."""
    rows = connection.execute(
        "SELECT runs.project, runs.pipeline, runs.branch, MAX(runs.id) AS newest FROM runs WHERE runs.id IN "
        "(SELECT run_id FROM test_reports UNION SELECT run_id FROM coverage_reports) "
        "GROUP BY 1, 2, 3 ORDER BY newest DESC LIMIT ?",
        (MOST_LINES,),
    )
    return [Line(row["project"], row["pipeline"], row["branch"]) for row in rows]


def trend(connection: sqlite3.Connection, line: Line, limit: int) -> list[TrendPoint]:
    """The last runs of a line that published anything, oldest first."""
    points = _runs(connection, line, _HAS, limit)
    return [TrendPoint(each, _counts(connection, each.id), run_lines(connection, each.id)) for each in reversed(points)]


def _runs(connection: sqlite3.Connection, line: Line, has: str, limit: int) -> list[RunPoint]:
    rows = connection.execute(
        f"SELECT {POINT} FROM runs WHERE project = ? AND pipeline = ? AND branch = ? AND {has} "  # noqa: S608 - own names
        "ORDER BY id DESC LIMIT ?",
        (line.project, line.pipeline, line.branch, limit),
    )
    return [point_from(row) for row in rows]


def _counts(connection: sqlite3.Connection, run_id: int) -> Counts | None:
    row = connection.execute(
        "SELECT COUNT(*) AS reports, SUM(passed) AS passed, SUM(failed) AS failed, SUM(inconclusive) AS inconclusive, "
        "SUM(not_executed) AS not_executed, SUM(seconds) AS seconds FROM current_test_reports WHERE run_id = ?",
        (run_id,),
    ).fetchone()
    if not row["reports"]:
        return None
    return Counts(row["passed"], row["failed"], row["inconclusive"], row["not_executed"], row["seconds"])


def often(connection: sqlite3.Connection, line: Line, limit: int) -> list[Often]:
    """Tests that failed in the last runs of a line, most failures first, then the latest."""
    has = "EXISTS (SELECT 1 FROM test_reports WHERE run_id = runs.id)"
    points = _runs(connection, line, has, WINDOW)
    failed: set[int] = set()
    for each in points:
        failed |= failed_tests(connection, each.id)
        if len(failed) > MOST_TESTS:
            break
    known = outcomes(connection, failed, [each.id for each in points]) if points else {}
    ranked = sorted(known.items(), key=lambda item: _rank(item[1]))[:limit]
    return [
        _often(connection, test, [(each, ran[each.id]) for each in points if each.id in ran]) for test, ran in ranked
    ]


def _rank(ran: Mapping[int, Ran]) -> tuple[int, int]:
    runs = [run for run, what in ran.items() if what.failed]
    return -len(runs), -max(runs, default=0)


def _often(connection: sqlite3.Connection, test: int, ran: Sequence[tuple[RunPoint, Ran]]) -> Often:
    row = connection.execute("SELECT storage, title FROM tests WHERE id = ?", (test,)).fetchone()
    (newest, last), *rest = ran
    outcome = CaseOutcome.FAILED if last.failed else CaseOutcome.PASSED if last.passed else CaseOutcome.NOT_EXECUTED
    failed = [each for each, what in ran if what.failed]
    return Often(row["storage"], row["title"], len(failed), len(ran), is_flaky(newest, outcome, rest), failed[0])
