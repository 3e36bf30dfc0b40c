"""Test results and coverage of made-up runs, in a real store: what the pages of the storybook show."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from drivetrain.run.model import JobRef
from drivetrain.run.reports.model import (
    Attachment,
    CaseOutcome,
    CaseResult,
    CoverageTotals,
    FileCoverage,
    Measure,
    ReportTitle,
)
from drivetrain.run.reports.ports import NewCoverage, NewTests
from drivetrain.store.database import Database, transaction
from drivetrain.store.report_queries import SqliteReports
from drivetrain.store.reports import put_reports

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from drivetrain.run.model import Run

JOB = JobRef("Build", "test")
PASSED, FAILED, SKIPPED = CaseOutcome.PASSED, CaseOutcome.FAILED, CaseOutcome.NOT_EXECUTED
STACK = """self = <tests.test_features.TestDrift object at 0x7f2c>

    def test_a_drifting_sensor_is_found(self):
        frame = drift(sensors(), of="sensor_14", by=0.2)
>       assert found(frame) == ["sensor_14"]
E       AssertionError: assert [] == ['sensor_14']
E         At index 0 diff: right contains one more item: 'sensor_14'

tests/test_features.py:48: AssertionError"""


class StoryReports:
    """A database that holds runs only so far as reports need them."""

    def __init__(self, folder: Path) -> None:
        self._database = Database(folder / "reports.db")
        self.queries = SqliteReports(self._database)

    def add_run(self, run: Run) -> None:
        """A run; one that is there already stays."""
        with transaction(self._database.connections.get()) as connection:
            connection.execute(
                "INSERT OR IGNORE INTO runs (id, number, pipeline, file, project, reason, source, branch, commit_sha, "
                "requested_for, created_at, result) VALUES (?, ?, ?, ?, ?, ?, '{}', ?, ?, ?, ?, ?)",
                (
                    run.id,
                    run.number,
                    run.pipeline,
                    run.file,
                    run.project,
                    run.reason,
                    run.source.ref,
                    f"{run.id:040x}",
                    run.requested_for,
                    run.created_at,
                    run.result,
                ),
            )

    def publish(
        self,
        run_id: int,
        cases: Sequence[CaseResult],
        title: ReportTitle | None = None,
        job: JobRef = JOB,
        attempt: int = 1,
    ) -> None:
        """Tests of a run."""
        title = title or ReportTitle("Unit tests", "JUnit")
        new = NewTests(job, attempt, 4, 1, title, cases, "2026-11-23T10:00:00.000Z")
        with transaction(self._database.connections.get()) as connection:
            put_reports(connection, run_id, [new])

    def cover(self, run_id: int, files: Sequence[FileCoverage]) -> None:
        """Coverage of a run."""
        totals = CoverageTotals("Cobertura", Measure(), Measure())
        with transaction(self._database.connections.get()) as connection:
            put_reports(connection, run_id, [NewCoverage(JOB, 1, 5, 1, totals, files, "2026-11-23T10:00:00.000Z")])


NAMES = (
    "reads_the_dataset",
    "scales_every_sensor",
    "keeps_the_order",
    "splits_by_engine",
    "predicts_no_less_than_zero",
)


def some_cases(count: int, failing: Sequence[int] = (), skipped: Sequence[int] = ()) -> list[CaseResult]:
    """Tests with names, of which some fail."""
    chance = random.Random(7)
    found = []
    for number in range(count):
        name = f"test_{NAMES[number % len(NAMES)]}[{number}]"
        outcome = FAILED if number in failing else SKIPPED if number in skipped else PASSED
        details = ("AssertionError: assert [] == ['sensor_14']", STACK) if outcome is FAILED else ("", "")
        if outcome is SKIPPED:
            details = ("needs a GPU", "")
        took = round(chance.random() ** 4 * 3, 3)
        found.append(CaseResult(f"tests.test_features.Part{number % 7}", name, name, outcome, took, *details))
    return found


def some_files(grow: int) -> list[FileCoverage]:
    """Source files, a little more of which is covered with every run."""
    found = []
    for number, name in enumerate(("data", "features", "model", "train", "report", "cli")):
        total = 60 + 31 * number
        covered = min(total, int(total * (0.55 + 0.06 * number)) + grow)
        known = (1 << (total + 1)) - 2
        hit = (1 << (covered + 1)) - 2
        branches = Measure(covered // 6, total // 5)
        path = f"src/turbofan/{name}.py"
        found.append(FileCoverage("turbofan", path, Measure(covered, total), branches, f"{known:x}", f"{hit:x}"))
    return found


def tell(
    reports: StoryReports, ordinary: Sequence[int], *, newest: int, failed: int, hostile: int, text: str, long: str
) -> None:
    """What runs of the storybook have published."""
    for number, run_id in enumerate(ordinary):
        failing = [3] if number % 4 == 1 else [3, 11, 12] if number % 9 == 5 else []
        reports.publish(run_id, some_cases(120 + 2 * number, failing, [5, 6]))
        reports.cover(run_id, some_files(number // 3))
    title = ReportTitle(
        "Unit tests", "JUnit", "linux", "py312", "", (Attachment("reports/001-report.xml", "TEST-unit.xml"),)
    )
    for run_id in (newest, failed):
        reports.publish(run_id, some_cases(260, [3, 11, 40, 77, 78, 79, 80, 81, 82, 120], [5, 6, 7]), title)
        reports.publish(run_id, some_cases(8), ReportTitle("Integration", "JUnit"), JobRef("Build", "integration"))
        reports.cover(run_id, some_files(2 if run_id == failed else 25))
    worst = CaseResult(text, f"{text} {long}", f"{long}{text}", FAILED, 1e9, f"{text}\n{long}", f"{text}\n" * 40)
    command = CaseResult("", "n", "##vso[task.setvariable variable=x]owned", FAILED, 0.0, "##[error]" + text, "\x1b[2J")
    reports.publish(hostile, [worst, command], ReportTitle(text, "JUnit", text, long))
    reports.cover(hostile, [FileCoverage(text, f"{text}{long}", Measure(1, 3), Measure(), "e", "2")])
