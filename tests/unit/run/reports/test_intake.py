from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from drivetrain.errors import CorruptError
from drivetrain.run.batch import Batch
from drivetrain.run.events import JournalEntry
from drivetrain.run.intake import Intake
from drivetrain.run.model import JobRecord, JobRef, StepRecord
from drivetrain.run.reports.model import Attachment, Measure
from drivetrain.run.reports.ports import NewCoverage, NewTests

JOB = JobRef("s", "j")
TESTS = {"step": 3, "title": "T", "format": "JUnit", "results": "reports/001-tests.jsonl"}
COVERAGE = {"step": 3, "tool": "Cobertura", "files": "reports/001-coverage.jsonl", "lines_covered": 1, "lines_total": 2}


def taken(kind: str, data: dict[str, Any], job_dir: Path = Path("/nowhere")) -> Batch:
    record = JobRecord(JOB, 2, "j")
    steps = {3: StepRecord(JOB, 2, 3, "n", "N", tries=4)}
    batch = Batch(0, "2026-01-01T00:00:00.000Z")
    Intake(1, record, steps, job_dir=job_dir).take(JournalEntry(1, "2026-01-01T00:00:01.000Z", kind, data), batch)
    return batch


def test_an_entry_of_tests_names_its_place_and_its_file(tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "001-tests.jsonl").write_text('["s","n","t","Passed",0.5]\n')
    attachments = [{"path": "reports/002-report.xml", "name": "T.xml"}]
    batch = taken("tests.published", {**TESTS, "attachments": attachments}, tmp_path)
    (new,) = batch.changes().reports
    assert isinstance(new, NewTests)
    assert (new.job, new.attempt, new.step, new.tries) == (JOB, 2, 3, 4)
    assert new.title.attachments == (Attachment("reports/002-report.xml", "T.xml"),)
    assert [case.name for case in new.cases] == ["n"]
    assert [case.name for case in new.cases] == ["n"]
    assert [event.type for event in batch.events] == ["tests.published"]


def test_an_entry_of_coverage_has_its_totals() -> None:
    (new,) = (
        taken("coverage.published", {**COVERAGE, "branches_covered": -5, "branches_total": 10**30}).changes().reports
    )
    assert isinstance(new, NewCoverage)
    assert (new.totals.lines, new.totals.branches) == (Measure(1, 2), Measure(0, 10**12))
    assert list(new.files) == []


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../../drivetrain.db", "reports/../x", "reports/001-tests.jsonl/x", "x" * 9999]
)
def test_a_file_elsewhere_is_never_read(path: str, tmp_path: Path) -> None:
    (new,) = taken("tests.published", {**TESTS, "results": path}, tmp_path).changes().reports
    assert isinstance(new, NewTests)
    assert list(new.cases) == []


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("tests.published", {**TESTS, "step": 9}),
        ("tests.published", {**TESTS, "step": None}),
        ("tests.published", {"step": 3}),
        ("tests.published", {**TESTS, "attachments": [7]}),
        ("tests.published", {**TESTS, "attachments": 7}),
        ("tests.published", {**TESTS, "attachments": {"path": "x"}}),
        ("coverage.published", {**COVERAGE, "lines_total": "many"}),
        ("coverage.published", {"step": 3}),
    ],
)
def test_an_entry_that_does_not_fit_is_refused(kind: str, data: dict[str, Any]) -> None:
    with pytest.raises(CorruptError, match=f"journal entry 1 \\({kind}\\) is not as it should be"):
        taken(kind, data)
