"""What the engine hands to the store of test results and coverage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable

    from drivetrain.run.model import JobRef
    from drivetrain.run.reports.model import CaseResult, CoverageTotals, FileCoverage, ReportTitle


class NewTests(Struct, frozen=True):
    """Tests that a step has published."""

    job: JobRef
    attempt: int
    step: int
    tries: int
    """The step's try that published them; those of earlier tries no longer count."""
    title: ReportTitle
    cases: Iterable[CaseResult]
    """Read while it is iterated over, and never raises."""
    published_at: str


class NewCoverage(Struct, frozen=True):
    """Coverage that a step has published."""

    job: JobRef
    attempt: int
    step: int
    tries: int
    totals: CoverageTotals
    """Where there are no files."""
    files: Iterable[FileCoverage]
    """Read while it is iterated over, and never raises."""
    published_at: str
