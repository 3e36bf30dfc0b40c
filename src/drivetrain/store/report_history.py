"""What came of tests in earlier runs of the same pipeline and branch."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.run.model import Result
from drivetrain.run.reports.model import CaseOutcome
from drivetrain.store.reports import OUTCOMES
from drivetrain.view.reports.ports import History, RunPoint

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

WINDOW = 20
"""So many earlier runs are looked at."""
CHANGES = 3
"""A test whose outcome changed so often within the window is flaky."""
TOGETHER = 500
POINT = "runs.id, runs.number, runs.commit_sha, runs.branch, runs.created_at, runs.result"
_FAILED, _PASSED = OUTCOMES.index(CaseOutcome.FAILED), OUTCOMES.index(CaseOutcome.PASSED)


class Ran(Struct, frozen=True):
    """What a test did in one run: matrix legs may differ."""

    failed: bool
    passed: bool


def point_from(row: sqlite3.Row) -> RunPoint:
    """A run from its `POINT` columns."""
    result = Result(row["result"]) if row["result"] else None
    return RunPoint(row["id"], row["number"], row["commit_sha"], row["branch"], row["created_at"], result)


def earlier_runs(
    connection: sqlite3.Connection, run_id: int, table: str = "test", limit: int = WINDOW
) -> list[RunPoint]:
    """Earlier runs of the same pipeline and branch that published tests (or `coverage`), newest first."""
    rows = connection.execute(
        f"SELECT {POINT} FROM runs JOIN runs AS own ON own.id = ? WHERE runs.id < own.id "  # noqa: S608 - own names
        "AND runs.project_id IS own.project_id AND runs.pipeline = own.pipeline AND runs.branch = own.branch "
        f"AND EXISTS (SELECT 1 FROM {table}_reports AS reports WHERE reports.run_id = runs.id) "
        "ORDER BY runs.id DESC LIMIT ?",
        (run_id, limit),
    )
    return [point_from(row) for row in rows]


def failed_tests(connection: sqlite3.Connection, run_id: int) -> set[int]:
    """The ids of tests that failed in a run, in reports that count."""
    rows = connection.execute(
        "SELECT DISTINCT results.test_id FROM current_test_reports AS reports JOIN test_results AS results "
        "ON results.report_id = reports.id WHERE reports.run_id = ? AND results.outcome = ?",
        (run_id, _FAILED),
    )
    return {row[0] for row in rows}


def outcomes(
    connection: sqlite3.Connection, tests: Iterable[int], runs: Sequence[int], *, current: bool = True
) -> dict[int, dict[int, Ran]]:
    """What the tests did in the runs: test -> run -> what. `current=False`: in reports that no longer count."""
    found: dict[int, dict[int, Ran]] = {}
    wanted = sorted(set(tests))
    marks = ", ".join("?" * len(runs))
    source = "current_test_reports" if current else "test_reports"
    apart = (
        "" if current else " AND reports.id NOT IN (SELECT id FROM current_test_reports WHERE run_id = reports.run_id)"
    )
    for first in range(0, len(wanted), TOGETHER):
        some = wanted[first : first + TOGETHER]
        rows = connection.execute(
            f"SELECT results.test_id, reports.run_id, MAX(results.outcome = ?) AS failed, "  # noqa: S608 - own names
            f"MAX(results.outcome = ?) AS passed FROM {source} AS reports CROSS JOIN test_results AS results "
            f"ON results.report_id = reports.id WHERE reports.run_id IN ({marks}){apart} "
            f"AND results.test_id IN ({', '.join('?' * len(some))}) GROUP BY 1, 2",
            (_FAILED, _PASSED, *runs, *some),
        )
        for row in rows:
            found.setdefault(row[0], {})[row[1]] = Ran(bool(row["failed"]), bool(row["passed"]))
    return found


def histories(
    connection: sqlite3.Connection, own: RunPoint, before: Sequence[RunPoint], tests: Mapping[int, CaseOutcome]
) -> dict[int, History]:
    """The history of tests, given what came of them in the run `own`. `before` is newest first."""
    known = outcomes(connection, tests, [each.id for each in before]) if before else {}
    again = outcomes(connection, tests, [own.id], current=False)
    return {
        test: _history(own, before, outcome, known.get(test, {}), again.get(test, {}).get(own.id))
        for test, outcome in tests.items()
    }


def _history(
    own: RunPoint, before: Sequence[RunPoint], outcome: CaseOutcome, known: Mapping[int, Ran], again: Ran | None
) -> History:
    ran = [(each, known[each.id]) for each in before if each.id in known]
    last = ran[0][1] if ran else None
    failed = outcome is CaseOutcome.FAILED
    since, streak = own, 1
    for each, what in ran:
        if not what.failed:
            break
        since, streak = each, streak + 1
    return History(
        since=since if failed else None,
        streak=streak if failed else 0,
        new=failed and bool(before) and not (last and last.failed),
        fixed=outcome is CaseOutcome.PASSED and bool(last and last.failed),
        flaky=is_flaky(own, outcome, ran, again),
        earlier=tuple(_shown(known.get(each.id)) for each in reversed(before)),
    )


def _shown(ran: Ran | None) -> CaseOutcome | None:
    if ran is None:
        return None
    if ran.failed:
        return CaseOutcome.FAILED
    return CaseOutcome.PASSED if ran.passed else CaseOutcome.NOT_EXECUTED


def is_flaky(
    own: RunPoint, outcome: CaseOutcome, ran: Sequence[tuple[RunPoint, Ran]], again: Ran | None = None
) -> bool:
    """Whether a test both passed and failed for one commit, or changed often. `ran` is newest first."""
    failed = outcome is CaseOutcome.FAILED
    if failed or outcome is CaseOutcome.PASSED:
        same = [what for each, what in ran if each.commit == own.commit and own.commit]
        same += [again] if again else []
        if any(what.passed if failed else what.failed for what in same):
            return True
    marks = [failed] if failed or outcome is CaseOutcome.PASSED else []
    marks += [what.failed for _, what in ran if what.failed or what.passed]
    return sum(one is not other for one, other in pairwise(marks)) >= CHANGES
