"""The JSON of test results and coverage. Times are ISO 8601 in UTC; durations are seconds; coverage is counted."""

from __future__ import annotations

from pydantic import BaseModel


class RunPointShape(BaseModel):
    """A run, as far as it is named."""

    id: int
    number: str
    url: str
    """Its page, relative to the server."""


class CountsShape(BaseModel):
    """How many tests came to what."""

    total: int
    passed: int
    failed: int
    inconclusive: int
    not_executed: int
    seconds: float


class ReportShape(BaseModel):
    """The tests of one report, or of several that were merged."""

    id: int
    title: str
    format: str
    platform: str
    configuration: str
    job: str
    """The key of the job."""
    attempt: int
    step: int
    counted: bool
    """False for an earlier attempt of the job, or an earlier try of the step."""
    counts: CountsShape
    published_at: str
    files: list[str]
    """Names of the report files that were kept; the first is number 1."""


class RunTestsShape(BaseModel):
    """All tests of a run."""

    counts: CountsShape
    """Of the reports that are counted."""
    reports: list[ReportShape]
    compared_with: RunPointShape | None
    """The last earlier run of the same pipeline and branch that had tests."""
    new_failures: int
    fixed: int


class CaseShape(BaseModel):
    """One test."""

    report: int
    position: int
    job: str
    """The key of the job."""
    storage: str
    """The class, module or assembly."""
    name: str
    title: str
    outcome: str
    seconds: float
    message: str
    stack: str
    output: str
    """The address of what it wrote, relative to the server; empty when nothing was kept."""
    failing_since: RunPointShape | None
    failing_runs: int
    """In so many runs in a row, this one included."""
    new: bool
    fixed: bool
    flaky: bool


class CasePageShape(BaseModel):
    """Tests, failed ones first, and how many match in all."""

    tests: list[CaseShape]
    total: int


class MeasureShape(BaseModel):
    """How much is covered."""

    covered: int
    total: int
    percent: float | None
    """Null when there is nothing to cover."""


class FileCoverageShape(BaseModel):
    """One source file."""

    module: str
    path: str
    lines: MeasureShape
    branches: MeasureShape
    missing: str
    """The lines that no test ran through: `3, 7-9`."""


class CoverageShape(BaseModel):
    """The coverage of a run."""

    tools: list[str]
    lines: MeasureShape
    branches: MeasureShape
    files: list[FileCoverageShape]
    compared_with: RunPointShape | None
    """The last earlier run with coverage of the same branch, else of the default branch."""
    lines_before: MeasureShape | None


class TrendPointShape(BaseModel):
    """One run of a trend."""

    run: RunPointShape
    counts: CountsShape | None
    lines: MeasureShape | None


class TrendShape(BaseModel):
    """Runs of a pipeline on a branch, oldest first."""

    project: str
    pipeline: str
    branch: str
    runs: list[TrendPointShape]
