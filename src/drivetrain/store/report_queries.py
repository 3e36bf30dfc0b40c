"""What pages, the API and the command line read of test results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.errors import NotFoundError
from drivetrain.run.model import JobRef
from drivetrain.run.reports.model import CaseOutcome, CaseResult, Counts, ReportTitle
from drivetrain.store.coverage_queries import coverage_of, lines_of
from drivetrain.store.report_history import (
    POINT,
    WINDOW,
    earlier_runs,
    failed_tests,
    histories,
    point_from,
)
from drivetrain.store.report_trends import lines_of_runs, often, trend
from drivetrain.store.reports import OUTCOMES
from drivetrain.store.rows import from_json
from drivetrain.view.reports.ports import Case, CaseFilter, CasePage, History, ReportedTests, RunTests

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from drivetrain.run.reports.model import Measure
    from drivetrain.store.database import Database
    from drivetrain.view.reports.ports import Coverage, Line, Often, RunPoint, TrendPoint

_CASE = (
    "reports.id AS report, reports.stage, reports.job, reports.leg, reports.attempt, results.position, "
    "results.test_id, results.outcome, results.seconds, tests.storage, tests.name, tests.title, "
    "COALESCE(details.message, '') AS message, COALESCE(details.stack, '') AS stack, "
    "COALESCE(details.output_at, 0) AS output_at, COALESCE(details.output_size, 0) AS output_size"
)
_JOINED = (
    "JOIN test_results AS results ON results.report_id = reports.id JOIN tests ON tests.id = results.test_id "
    "LEFT JOIN test_details AS details ON details.report_id = results.report_id "
    "AND details.position = results.position"
)


class SqliteReports:
    """The ReportQueries port on SQLite. Any thread may call it."""

    def __init__(self, database: Database) -> None:
        """Nothing is opened before the first call."""
        self._database = database

    def tests(self, run_id: int) -> RunTests:
        """What there is of tests. Raises NotFoundError when there is no such run."""
        with self._database.reading() as connection:
            run_point(connection, run_id)
            reports = _reports(connection, run_id)
            counts = sum((each.counts for each in reports if each.current), Counts())
            before = earlier_runs(connection, run_id, limit=1)
            if not before or not counts.total:
                return RunTests(reports, counts)
            now, then = failed_tests(connection, run_id), failed_tests(connection, before[0].id)
            earlier = _reports(connection, before[0].id)
            return RunTests(
                reports,
                counts,
                before[0],
                sum((each.counts for each in earlier if each.current), Counts()),
                len(now - then),
                _passed(connection, run_id, then - now),
            )

    def cases(self, run_id: int, wanted: CaseFilter) -> CasePage:
        """Tests of a run, failed ones first. Raises NotFoundError when there is no such run."""
        with self._database.reading() as connection:
            own = run_point(connection, run_id)
            where, values = _where(run_id, wanted)
            source = "current_test_reports" if wanted.report is None else "test_reports"
            total = connection.execute(
                f"SELECT COUNT(*) FROM {source} AS reports {_JOINED if wanted.text else _RESULTS} WHERE {where}",  # noqa: S608
                values,
            ).fetchone()[0]
            # The page is chosen by numbers alone, and only then are texts looked up for it.
            rows = connection.execute(
                f"SELECT {_CASE} FROM {source} AS reports {_JOINED} WHERE {where} "  # noqa: S608
                "ORDER BY results.outcome, reports.id, results.position LIMIT ? OFFSET ?",
                (*values, wanted.limit, wanted.offset),
            ).fetchall()
            return CasePage(_cases(connection, own, rows), total)

    def case(self, run_id: int, report: int, position: int) -> Case:
        """One test. Raises NotFoundError."""
        with self._database.reading() as connection:
            own = run_point(connection, run_id)
            rows = connection.execute(
                f"SELECT {_CASE} FROM test_reports AS reports {_JOINED} "  # noqa: S608
                "WHERE reports.run_id = ? AND reports.id = ? AND results.position = ?",
                (run_id, report, position),
            ).fetchall()
            if not rows:
                raise NotFoundError(f"run {run_id} has no such test", hint="its page of tests lists those that it has")
            return _cases(connection, own, rows)[0]

    def coverage(self, run_id: int) -> Coverage | None:
        """The coverage of a run, its reports merged."""
        with self._database.reading() as connection:
            run_point(connection, run_id)
            return coverage_of(connection, run_id)

    def coverage_lines(self, run_id: int) -> tuple[Measure, RunPoint | None, Measure] | None:
        """Only the lines that are covered, the run before and its lines."""
        with self._database.reading() as connection:
            run_point(connection, run_id)
            return lines_of(connection, run_id)

    def lines_of_runs(self) -> Sequence[Line]:
        """Pipelines and branches that have published anything."""
        with self._database.reading() as connection:
            return lines_of_runs(connection)

    def trend(self, line: Line, limit: int = 50) -> Sequence[TrendPoint]:
        """The last runs of a line that published anything, oldest first."""
        with self._database.reading() as connection:
            return trend(connection, line, limit)

    def often(self, line: Line, limit: int = 20) -> Sequence[Often]:
        """Tests that failed in the last runs of a line, most failures first."""
        with self._database.reading() as connection:
            return often(connection, line, limit)


_RESULTS = "JOIN test_results AS results ON results.report_id = reports.id"


def run_point(connection: sqlite3.Connection, run_id: int) -> RunPoint:
    """The run. Raises NotFoundError."""
    row = connection.execute(f"SELECT {POINT} FROM runs WHERE id = ?", (run_id,)).fetchone()  # noqa: S608
    if row is None:
        raise NotFoundError(f"there is no run {run_id}", hint="drivetrain runs")
    return point_from(row)


def _reports(connection: sqlite3.Connection, run_id: int) -> list[ReportedTests]:
    rows = connection.execute(
        "SELECT *, id IN (SELECT id FROM current_test_reports WHERE run_id = ?1) AS current FROM test_reports "
        "WHERE run_id = ?1 ORDER BY id",
        (run_id,),
    )
    return [
        ReportedTests(
            row["id"],
            JobRef(row["stage"], row["job"], row["leg"]),
            row["attempt"],
            row["step"],
            from_json(row["data"], ReportTitle),
            Counts(row["passed"], row["failed"], row["inconclusive"], row["not_executed"], row["seconds"]),
            row["published_at"],
            bool(row["current"]),
        )
        for row in rows
    ]


def _passed(connection: sqlite3.Connection, run_id: int, tests: set[int]) -> int:
    """How many of the tests passed in a run."""
    passed = OUTCOMES.index(CaseOutcome.PASSED)
    statement = (
        "SELECT 1 FROM test_results AS results JOIN current_test_reports AS reports ON reports.id = results.report_id "
        "WHERE results.test_id = ? AND results.outcome = ? AND reports.run_id = ? LIMIT 1"
    )
    return sum(connection.execute(statement, (test, passed, run_id)).fetchone() is not None for test in tests)


def _where(run_id: int, wanted: CaseFilter) -> tuple[str, list[object]]:
    clauses = ["reports.run_id = ?"]
    found: list[object] = [run_id]
    if wanted.report is not None:
        clauses.append("reports.id = ?")
        found.append(wanted.report)
    if wanted.outcome is not None:
        clauses.append("results.outcome = ?")
        found.append(OUTCOMES.index(wanted.outcome))
    if wanted.text:
        pattern = "%" + "".join(f"\\{sign}" if sign in "%_\\" else sign for sign in wanted.text) + "%"
        fields = ("tests.name", "tests.title", "tests.storage", "COALESCE(details.message, '')")
        clauses.append("(" + " OR ".join(f"{field} LIKE ? ESCAPE '\\'" for field in fields) + ")")
        found += [pattern] * len(fields)
    return " AND ".join(clauses), found


def _cases(connection: sqlite3.Connection, own: RunPoint, rows: Sequence[sqlite3.Row]) -> list[Case]:
    told = {row["test_id"]: OUTCOMES[row["outcome"]] for row in reversed(rows)}
    history = histories(connection, own, earlier_runs(connection, own.id, limit=WINDOW), told)
    return [
        Case(
            row["report"],
            row["position"],
            JobRef(row["stage"], row["job"], row["leg"]),
            row["attempt"],
            _result(row),
            _own(history[row["test_id"]], OUTCOMES[row["outcome"]], told[row["test_id"]]),
        )
        for row in rows
    ]


def _own(history: History, outcome: CaseOutcome, told: CaseOutcome) -> History:
    """The history of a test; of another leg of it that came out differently, only what holds for that too."""
    return history if outcome is told else History(flaky=history.flaky, earlier=history.earlier)


def _result(row: sqlite3.Row) -> CaseResult:
    return CaseResult(
        row["storage"],
        row["name"],
        row["title"],
        OUTCOMES[row["outcome"]],
        row["seconds"],
        row["message"],
        row["stack"],
        row["output_at"],
        row["output_size"],
    )
