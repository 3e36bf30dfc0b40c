from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from drivetrain.clock import SystemClock
from drivetrain.errors import NotFoundError
from drivetrain.record.retention.model import What
from drivetrain.run.model import JobRecord, JobRef, RepositorySource, Result, State
from drivetrain.run.ports import Changes, NewRun, RunChange
from drivetrain.run.reports.model import (
    CaseOutcome,
    CaseResult,
    Counts,
    CoverageTotals,
    FileCoverage,
    Measure,
    ReportTitle,
)
from drivetrain.run.reports.ports import NewCoverage, NewTests
from drivetrain.source.model import Commit, Reason
from drivetrain.store.coverage_queries import merge
from drivetrain.store.database import Database
from drivetrain.store.report_queries import SqliteReports
from drivetrain.store.retention import Mark, SqliteRetention
from drivetrain.store.runs import SqliteRunStore
from drivetrain.view.reports.ports import Case, CaseFilter, Line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

PASSED, FAILED, SKIPPED = CaseOutcome.PASSED, CaseOutcome.FAILED, CaseOutcome.NOT_EXECUTED
JOB = JobRef("s", "j")
MAIN = "refs/heads/main"
TABLES = ("tests", "test_reports", "test_results", "test_details", "coverage_reports", "coverage_files")


class Home:
    """A store with runs that tell of tests."""

    def __init__(self, path: Path) -> None:
        self.database = Database(path)
        self.runs = SqliteRunStore(self.database)
        self.reports = SqliteReports(self.database)

    def run(self, branch: str = MAIN, pipeline: str = "p", commit: str = "") -> int:
        source = RepositorySource("r", "/r", "/r", branch, Commit(commit or "0" * 40))
        new = NewRun(pipeline, "f", Reason.MANUAL, source, "Ada")
        made = self.runs.create(new, None, number_key="", number=lambda run_id, *_: f"n{run_id}")
        self.attempt(made.id, JOB, 1)
        return made.id

    def attempt(self, run_id: int, job: JobRef, number: int) -> None:
        self.runs.record(run_id, [], Changes(jobs=[JobRecord(job, number, job.job)]))

    def tests(
        self, run_id: int, outcomes: Mapping[str, CaseOutcome], job: JobRef = JOB, attempt: int = 1, tries: int = 1
    ) -> None:
        cases = [CaseResult("s", name, name, outcome, 0.5) for name, outcome in outcomes.items()]
        self.publish(run_id, cases, job, attempt, tries)

    def publish(
        self, run_id: int, cases: list[CaseResult], job: JobRef = JOB, attempt: int = 1, tries: int = 1
    ) -> None:
        new = NewTests(job, attempt, 1, tries, ReportTitle("T", "JUnit"), cases, "2026-01-01T00:00:00.000Z")
        self.runs.record(run_id, [], Changes(reports=[new]))

    def cover(self, run_id: int, *files: FileCoverage, job: JobRef = JOB, totals: CoverageTotals | None = None) -> None:
        totals = totals or CoverageTotals("Cobertura", Measure(), Measure())
        new = NewCoverage(job, 1, 2, 1, totals, files, "2026-01-01T00:00:00.000Z")
        self.runs.record(run_id, [], Changes(reports=[new]))

    def case(self, run_id: int, name: str) -> Case:
        return next(case for case in self.reports.cases(run_id, CaseFilter()).cases if case.result.name == name)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path / "drivetrain.db")
    yield made
    made.runs.close()


def file(path: str, hit: int, known: int, branches: Measure = Measure()) -> FileCoverage:  # noqa: B008 - frozen
    lines = Measure(hit.bit_count(), known.bit_count())
    return FileCoverage("m", path, lines, branches, f"{known:x}", f"{hit:x}")


def test_a_run_without_tests_has_none_and_a_run_that_is_not_there_is_not_found(home: Home) -> None:
    run = home.run()
    assert home.reports.tests(run).reports == []
    assert home.reports.cases(run, CaseFilter()).cases == []
    assert home.reports.coverage(run) is None
    assert home.reports.coverage_lines(run) is None
    for question in (
        lambda: home.reports.tests(99),
        lambda: home.reports.cases(99, CaseFilter()),
        lambda: home.reports.coverage(99),
        lambda: home.reports.case(run, 1, 1),
    ):
        with pytest.raises(NotFoundError):
            question()


def test_failed_tests_come_first_with_all_that_is_known(home: Home) -> None:
    run = home.run()
    home.publish(
        run,
        [
            CaseResult("s", "a", "A", PASSED, 0.25),
            CaseResult("s", "b", "B", SKIPPED, 0.0, "later"),
            CaseResult("s", "c", "C", FAILED, 1.0, "message", "stack", 3, 4),
        ],
    )
    found = home.reports.cases(run, CaseFilter())
    assert [case.result.title for case in found.cases] == ["C", "B", "A"]
    assert found.total == 3
    assert found.cases[0].result == CaseResult("s", "c", "C", FAILED, 1.0, "message", "stack", 3, 4)
    assert home.reports.case(run, found.cases[0].report, 2) == found.cases[0]
    assert home.reports.tests(run).counts == Counts(1, 1, 0, 1, 1.25)


def test_tests_are_filtered_by_outcome_and_text_and_come_in_pages(home: Home) -> None:
    run = home.run()
    home.publish(
        run,
        [CaseResult("s.Part%", f"test_{number}", f"test_{number}", PASSED) for number in range(10)]
        + [CaseResult("other", "boom", "boom", FAILED, 0.0, "Needle in 100%")],
    )

    def names(**wanted: object) -> list[str]:
        found = home.reports.cases(run, CaseFilter(**wanted))  # type: ignore[arg-type]
        return [case.result.name for case in found.cases]

    assert names(outcome=FAILED) == ["boom"]
    assert names(text="NEEDLE") == ["boom"]
    assert names(text="100%") == ["boom"]
    assert len(names(text="Part%")) == 10
    assert names(text="test_") == [f"test_{number}" for number in range(10)]
    assert names(text="' OR 1=1 --") == []
    assert names(offset=9, limit=5) == ["test_8", "test_9"]
    assert home.reports.cases(run, CaseFilter(text="Part", limit=2)).total == 10


def test_only_the_newest_attempt_of_a_job_counts_and_the_older_one_is_kept(home: Home) -> None:
    run, leg = home.run(), JobRef("s", "j", "py312")
    home.attempt(run, leg, 1)
    home.tests(run, {"a": FAILED, "b": PASSED})
    home.tests(run, {"a": PASSED}, leg)
    home.attempt(run, JOB, 2)
    home.tests(run, {"a": PASSED, "b": PASSED}, attempt=2)
    found = home.reports.tests(run)
    assert (found.counts.total, found.counts.failed) == (3, 0)
    assert [(each.attempt, each.current) for each in found.reports] == [(1, False), (1, True), (2, True)]
    old = home.reports.cases(run, CaseFilter(report=found.reports[0].id))
    assert [(case.result.name, case.result.outcome, case.attempt) for case in old.cases] == [
        ("a", FAILED, 1),
        ("b", PASSED, 1),
    ]
    assert home.reports.cases(run, CaseFilter()).total == 3


def test_only_the_last_try_of_a_step_counts(home: Home) -> None:
    run = home.run()
    home.tests(run, {"a": FAILED})
    home.tests(run, {"a": PASSED}, tries=2)
    found = home.reports.tests(run)
    assert (found.counts.passed, found.counts.failed) == (1, 0)
    assert home.case(run, "a").history.flaky


def test_a_test_fails_since_the_first_run_of_its_streak(home: Home) -> None:
    outcomes = [FAILED, PASSED, FAILED, SKIPPED, FAILED]
    runs = []
    for number, outcome in enumerate(outcomes):
        runs.append(home.run(commit=f"{number}" * 40))
        home.tests(runs[-1], {"a": FAILED if outcome is SKIPPED else outcome})
        home.tests(home.run("refs/heads/other"), {"a": PASSED})
        home.tests(home.run(pipeline="another"), {"a": PASSED})
    history = home.case(runs[-1], "a").history
    assert history.since is not None
    assert (history.since.id, history.streak, history.new, history.flaky) == (runs[2], 3, False, False)
    assert history.earlier == (FAILED, PASSED, FAILED, FAILED)


def test_new_failures_and_fixed_tests_are_told_by_the_run_before(home: Home) -> None:
    first, second = home.run(), home.run(commit="1" * 40)
    home.tests(first, {"a": PASSED, "b": FAILED, "c": FAILED, "gone": FAILED})
    assert home.reports.tests(first).new_failures == 0
    assert not home.case(first, "b").history.new
    home.tests(second, {"a": FAILED, "b": PASSED, "c": FAILED, "d": FAILED, "e": PASSED})
    found = home.reports.tests(second)
    assert (found.new_failures, found.fixed) == (2, 1)
    assert found.before is not None
    assert (found.before.number, found.before_counts.failed) == ("n1", 3)
    histories = {name: home.case(second, name).history for name in "abcde"}
    assert {name for name, each in histories.items() if each.new} == {"a", "d"}
    assert {name for name, each in histories.items() if each.fixed} == {"b"}


def test_a_test_that_passes_and_fails_for_the_same_commit_is_flaky(home: Home) -> None:
    first, second = home.run(commit="c" * 40), home.run(commit="c" * 40)
    home.tests(first, {"a": FAILED, "b": PASSED})
    home.tests(second, {"a": PASSED, "b": PASSED})
    assert home.case(second, "a").history.flaky
    assert not home.case(second, "b").history.flaky


def test_a_test_that_changes_often_is_flaky_and_is_listed(home: Home) -> None:
    for number, outcome in enumerate([PASSED, FAILED, PASSED, FAILED, FAILED]):
        run = home.run(commit=f"{number}" * 40)
        home.tests(run, {"often": outcome, "steady": PASSED, "once": FAILED if number == 0 else PASSED})
    assert home.case(run, "often").history.flaky
    found = home.reports.often(Line("", "p", MAIN))
    assert [(each.title, each.failed, each.ran, each.flaky) for each in found] == [
        ("often", 3, 5, True),
        ("once", 1, 5, False),
    ]
    assert found[1].last.number == "n1"


def test_a_trend_has_the_runs_that_published_anything_oldest_first(home: Home) -> None:
    runs = [home.run() for _ in range(4)]
    home.tests(runs[0], {"a": PASSED, "b": FAILED})
    home.cover(runs[1], file("x", 0b0110, 0b1110))
    home.tests(runs[3], {"a": PASSED})
    home.cover(runs[3], file("x", 0b1110, 0b1110))
    points = home.reports.trend(Line("", "p", MAIN))
    assert [(each.run.id, each.counts, each.lines) for each in points] == [
        (runs[0], Counts(1, 1, seconds=1.0), None),
        (runs[1], None, Measure(2, 3)),
        (runs[3], Counts(1, seconds=0.5), Measure(3, 3)),
    ]
    assert [each.run.id for each in home.reports.trend(Line("", "p", MAIN), 1)] == [runs[3]]
    assert home.reports.lines_of_runs() == [Line("", "p", MAIN)]


def test_coverage_is_compared_with_the_same_branch_else_with_the_default_branch(home: Home) -> None:
    base, other = home.run(), home.run("refs/heads/feature")
    home.cover(base, file("x", 0b0110, 0b1110))
    home.cover(other, file("x", 0b0010, 0b1110))
    found = home.reports.coverage(other)
    assert found is not None
    assert found.before is not None
    assert (found.before.id, found.lines, found.before_lines) == (base, Measure(1, 3), Measure(2, 3))
    again = home.run("refs/heads/feature")
    home.cover(again, file("x", 0b1110, 0b1110))
    lines, before, before_lines = home.reports.coverage_lines(again) or (None, None, None)
    assert before is not None
    assert (lines, before.id, before_lines) == (Measure(3, 3), other, Measure(1, 3))


def test_coverage_of_several_jobs_is_merged_line_by_line(home: Home) -> None:
    run = home.run()
    home.cover(run, file("x", 0b0110, 0b1110), file("y", 0b10, 0b10))
    home.cover(run, file("x", 0b1010, 0b1110), job=JobRef("s", "k"))
    found = home.reports.coverage(run)
    assert found is not None
    assert (found.lines, [each.path for each in found.files]) == (Measure(4, 4), ["x", "y"])
    assert home.reports.trend(Line("", "p", MAIN))[0].lines == Measure(4, 4)


def test_coverage_without_files_has_its_counts(home: Home) -> None:
    run = home.run()
    home.cover(run, totals=CoverageTotals("JaCoCo", Measure(7, 10), Measure(1, 2)))
    found = home.reports.coverage(run)
    assert found is not None
    assert (found.lines, found.branches, found.tools, list(found.files)) == (
        Measure(7, 10),
        Measure(1, 2),
        ("JaCoCo",),
        [],
    )


def test_files_that_are_only_counted_are_merged_to_the_better() -> None:
    counted = FileCoverage("m", "x", Measure(5, 10), Measure(1, 4))
    better = FileCoverage("m", "x", Measure(7, 10), Measure(3, 4))
    assert merge(counted, better) == better


def test_a_removed_run_takes_its_results_with_it(home: Home) -> None:
    kept, run = home.run(), home.run()
    home.tests(kept, {"kept": PASSED})
    connection = home.database.connections.get()
    rows = [connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] for table in TABLES]
    home.tests(run, {"kept": FAILED, "a": FAILED})
    home.cover(run, file("x", 0b0110, 0b1110))
    retention = SqliteRetention(home.database, SystemClock())
    home.runs.record(run, [], Changes(RunChange(state=State.COMPLETED, result=Result.FAILED)))
    retention.removed(Mark(run, What.RUN, "old"))
    assert [connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] for table in TABLES] == rows


def test_a_hundred_thousand_results_are_taken_in_and_read_quickly(home: Home) -> None:
    def many(failing: range) -> list[CaseResult]:
        return [
            CaseResult(f"s{number % 500}", f"test_{number}", f"test_{number}", FAILED if number in failing else PASSED)
            for number in range(100_000)
        ]

    taken = []
    for number in range(2):
        run = home.run(commit=f"{number}" * 40)
        begun = time.perf_counter()
        home.publish(run, many(range(100 * number, 100 * number + 1000)))
        taken.append(time.perf_counter() - begun)
    begun = time.perf_counter()
    found = home.reports.tests(run)
    page = home.reports.cases(run, CaseFilter())
    searched = home.reports.cases(run, CaseFilter(text="test_99999"))
    read = time.perf_counter() - begun
    assert (found.counts.total, found.new_failures, found.fixed) == (100_000, 100, 100)
    assert (page.total, len(page.cases), searched.total) == (100_000, 100, 1)
    # Some twenty times what they take on an idle machine: a query that walks a table per test would be far beyond.
    assert max(taken) < 30
    assert read < 15
    print(f"taken in {taken}, read in {read:.2f}")  # noqa: T201 - shown with -s
