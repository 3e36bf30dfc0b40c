"""What views read of test results and coverage, as values and Protocols. Every text in them is hostile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from drivetrain.run.reports.model import Counts, Measure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.run.model import JobRef, Result
    from drivetrain.run.reports.model import CaseOutcome, CaseResult, FileCoverage, ReportTitle


class RunPoint(Struct, frozen=True):
    """A run, as far as a table or a chart names it."""

    id: int
    number: str
    commit: str = ""
    branch: str = ""
    created_at: str = ""
    result: Result | None = None


class ReportedTests(Struct, frozen=True):
    """The tests of one report, or of several that were merged."""

    id: int
    job: JobRef
    attempt: int
    step: int
    title: ReportTitle
    counts: Counts
    published_at: str
    current: bool
    """False for an earlier attempt of the job, or an earlier try of the step: kept, and not counted."""


class RunTests(Struct, frozen=True):
    """All tests of one run."""

    reports: Sequence[ReportedTests]
    """By when they were published."""
    counts: Counts
    """Of those that count."""
    before: RunPoint | None = None
    """The run that they are compared with: the last earlier one of the same pipeline and branch that had tests."""
    before_counts: Counts = Counts()
    new_failures: int = 0
    """Tests that failed and did not fail in the run before."""
    fixed: int = 0
    """Tests that passed and failed in the run before."""


class History(Struct, frozen=True):
    """What came of a test earlier, in runs of the same pipeline and branch."""

    since: RunPoint | None = None
    """The first of the runs, up to this one, in all of which it failed; None when it did not fail."""
    streak: int = 0
    """How many runs that are."""
    new: bool = False
    """It failed, and did not in the run before."""
    fixed: bool = False
    """It passed, and failed in the run before."""
    flaky: bool = False
    """It both passed and failed for the same commit, or changed three times or more in the last runs."""
    earlier: Sequence[CaseOutcome | None] = ()
    """In the last runs, oldest first, without this one; None where it was not there."""


class Case(Struct, frozen=True):
    """One test of a run, with its history."""

    report: int
    position: int
    job: JobRef
    attempt: int
    result: CaseResult
    history: History


class CaseFilter(Struct, frozen=True):
    """Which tests of a run are wanted; an empty field does not filter."""

    outcome: CaseOutcome | None = None
    text: str = ""
    """Part of the name, the storage or the message; case does not matter."""
    report: int | None = None
    """Only of this report, also when it does not count."""
    offset: int = 0
    limit: int = 100


class CasePage(Struct, frozen=True):
    """Some tests, failed ones first, and how many match in all."""

    cases: Sequence[Case]
    total: int


class Line(Struct, frozen=True):
    """The runs of one pipeline on one branch: what a trend is drawn of."""

    project: str
    """Empty for runs of a working tree."""
    pipeline: str
    branch: str
    """In full: `refs/heads/main`."""


class TrendPoint(Struct, frozen=True):
    """One run of a trend."""

    run: RunPoint
    counts: Counts | None
    """None when it published no tests."""
    lines: Measure | None
    """Its coverage; None when it published none."""


class Often(Struct, frozen=True):
    """A test that failed in some of the last runs."""

    storage: str
    title: str
    failed: int
    """In so many runs."""
    ran: int
    """Of so many that it ran in."""
    flaky: bool
    last: RunPoint
    """The last run that it failed in."""


class Coverage(Struct, frozen=True):
    """The coverage of one run, its reports merged."""

    tools: Sequence[str]
    lines: Measure
    branches: Measure
    files: Sequence[FileCoverage]
    """By path; empty where the reports only count."""
    before: RunPoint | None = None
    """The run that it is compared with: the last earlier one of the same branch, else of the default branch."""
    before_lines: Measure = Measure()
    before_branches: Measure = Measure()
    before_files: Sequence[FileCoverage] = ()


class ReportQueries(Protocol):
    """Reads test results and coverage. Any thread may call it."""

    def tests(self, run_id: int) -> RunTests:
        """What there is of tests. Raises NotFoundError when there is no such run."""
        ...

    def cases(self, run_id: int, wanted: CaseFilter) -> CasePage:
        """Tests of a run. Raises NotFoundError when there is no such run."""
        ...

    def case(self, run_id: int, report: int, position: int) -> Case:
        """One test. Raises NotFoundError."""
        ...

    def coverage(self, run_id: int) -> Coverage | None:
        """The coverage of a run; None when it published none. Raises NotFoundError when there is no such run."""
        ...

    def coverage_lines(self, run_id: int) -> tuple[Measure, RunPoint | None, Measure] | None:
        """Only the lines that are covered, the run before and its lines; None when the run published none."""
        ...

    def lines_of_runs(self) -> Sequence[Line]:
        """Pipelines and branches that have published anything, the one that did so last first."""
        ...

    def trend(self, line: Line, limit: int = 50) -> Sequence[TrendPoint]:
        """The last completed or running runs of a line that published anything, oldest first."""
        ...

    def often(self, line: Line, limit: int = 20) -> Sequence[Often]:
        """Tests that failed in the last 20 runs of a line, most failures first."""
        ...


class ReportFiles(Protocol):
    """Reads the files that are kept with results."""

    def read(self, run_id: int, job: JobRef, attempt: int, path: str, at: int, size: int) -> bytes | None:
        """Some bytes of a file that `ReportTitle` names; None when it is gone, or something else is there now."""
        ...
