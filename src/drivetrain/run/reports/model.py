"""Test results and coverage of a run: what runners read from reports, what the engine writes, and views read."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

LONGEST_NAME = 1000
"""Characters of a test's name, title or storage; of a title of tests; of a file's path."""
LONGEST_MESSAGE = 4096
LONGEST_STACK = 16384
LONGEST_DIGITS = 100_000
"""Of a set of lines."""

# What is read back from a job's folder may be anything: bounds are part of the types.
Name = Annotated[str, Meta(max_length=LONGEST_NAME)]
Amount = Annotated[int, Meta(ge=0, le=10**12)]
Seconds = Annotated[float, Meta(ge=0, le=1e12)]
Digits = Annotated[str, Meta(max_length=LONGEST_DIGITS, pattern="^[0-9a-f]*$")]


class CaseOutcome(StrEnum):
    """What came of one test, named as Azure names it."""

    PASSED = "Passed"
    FAILED = "Failed"
    INCONCLUSIVE = "Inconclusive"
    NOT_EXECUTED = "NotExecuted"


class CaseResult(Struct, frozen=True, array_like=True, gc=False):
    """One test in one report. Together, `storage` and `name` say which test it is."""

    storage: Name
    """The class, module or assembly that holds it."""
    name: Name
    """In full, where the format has that."""
    title: Name
    """For people; often the name."""
    outcome: CaseOutcome
    seconds: Seconds = 0.0
    message: Annotated[str, Meta(max_length=LONGEST_MESSAGE)] = ""
    stack: Annotated[str, Meta(max_length=LONGEST_STACK)] = ""
    output_at: Amount = 0
    """Where in the file of outputs what it wrote begins."""
    output_size: Amount = 0
    """Bytes; 0 when nothing was kept."""


class Attachment(Struct, frozen=True):
    """A file that is kept with results."""

    path: str
    """Relative to the job's folder."""
    name: str
    """As it was called."""


class ReportTitle(Struct, frozen=True):
    """What is said of the tests of one report, or of several that were merged."""

    title: str
    format: str
    platform: str = ""
    configuration: str = ""
    outputs: str = ""
    """The file that holds what failed tests wrote, relative to the job's folder; empty when there is none."""
    attachments: tuple[Attachment, ...] = ()
    """The report files themselves."""


class Counts(Struct, frozen=True):
    """How many tests came to what, and how long they took together."""

    passed: int = 0
    failed: int = 0
    inconclusive: int = 0
    not_executed: int = 0
    seconds: float = 0.0

    @property
    def total(self) -> int:
        """All of them."""
        return self.passed + self.failed + self.inconclusive + self.not_executed

    @property
    def skipped(self) -> int:
        """Those that neither passed nor failed."""
        return self.inconclusive + self.not_executed

    def with_case(self, outcome: CaseOutcome, seconds: float) -> Counts:
        """One more test."""
        return Counts(
            self.passed + (outcome is CaseOutcome.PASSED),
            self.failed + (outcome is CaseOutcome.FAILED),
            self.inconclusive + (outcome is CaseOutcome.INCONCLUSIVE),
            self.not_executed + (outcome is CaseOutcome.NOT_EXECUTED),
            self.seconds + seconds,
        )

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.passed + other.passed,
            self.failed + other.failed,
            self.inconclusive + other.inconclusive,
            self.not_executed + other.not_executed,
            self.seconds + other.seconds,
        )


class Measure(Struct, frozen=True):
    """How much of something the tests have run through."""

    covered: Amount = 0
    total: Amount = 0

    @property
    def percent(self) -> float | None:
        """From 0 to 100; None when there is nothing to cover."""
        return 100.0 * self.covered / self.total if self.total else None

    def __add__(self, other: Measure) -> Measure:
        return Measure(self.covered + other.covered, self.total + other.total)


class FileCoverage(Struct, frozen=True, array_like=True):
    """One source file. Lines are sets of bits: bit N is line N, as hexadecimal digits."""

    module: Name
    """The package that the report puts it in."""
    path: Name
    lines: Measure
    branches: Measure
    known: Digits = ""
    """The lines that can be covered; empty when the report only counts them."""
    hit: Digits = ""
    """Those that were covered."""


class CoverageTotals(Struct, frozen=True):
    """What all files of a report come to."""

    tool: str
    lines: Measure
    branches: Measure
