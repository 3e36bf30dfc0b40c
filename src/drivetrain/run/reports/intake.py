"""Journal entries of reports become what the store takes in. Entries are hostile: what does not fit raises."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.run.reports.kept import kept_cases, kept_coverage
from drivetrain.run.reports.model import (
    LONGEST_NAME,
    Attachment,
    CoverageTotals,
    Measure,
    ReportTitle,
)
from drivetrain.run.reports.ports import NewCoverage, NewTests

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from drivetrain.run.model import StepRecord

MOST_ATTACHMENTS = 1000


def new_tests(step: StepRecord, data: Mapping[str, Any], time: str, job_dir: Path) -> NewTests:
    """The tests that a step has published. Raises KeyError, TypeError, ValueError."""
    attachments = data.get("attachments") or ()
    title = ReportTitle(
        title=_text(data["title"]),
        format=_text(data["format"]),
        platform=_text(data.get("platform")),
        configuration=_text(data.get("configuration")),
        outputs=_text(data.get("outputs")),
        attachments=tuple(
            Attachment(_text(each["path"]), _text(each["name"])) for each in attachments[:MOST_ATTACHMENTS]
        ),
    )
    cases = kept_cases(job_dir, _text(data["results"]))
    return NewTests(step.job, step.attempt, step.index, step.tries, title, cases, time)


def new_coverage(step: StepRecord, data: Mapping[str, Any], time: str, job_dir: Path) -> NewCoverage:
    """The coverage that a step has published. Raises KeyError, TypeError, ValueError."""
    totals = CoverageTotals(
        _text(data["tool"]),
        Measure(_amount(data["lines_covered"]), _amount(data["lines_total"])),
        Measure(_amount(data.get("branches_covered")), _amount(data.get("branches_total"))),
    )
    files = kept_coverage(job_dir, _text(data["files"]))
    return NewCoverage(step.job, step.attempt, step.index, step.tries, totals, files, time)


def _text(value: object) -> str:
    return str(value or "")[:LONGEST_NAME]


def _amount(value: Any) -> int:
    return max(0, min(10**12, int(value or 0)))
