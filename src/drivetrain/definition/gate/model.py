"""What a gate asks of a candidate: the rules of a gate file. Frozen values."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Direction(StrEnum):
    """Which values of a metric are better."""

    HIGHER = "higher"
    LOWER = "lower"


class Absent(StrEnum):
    """What a rule comes to when what it compares with is not there."""

    PASSES = "pass"
    FAILS = "fail"


class MetricRule(Struct, frozen=True, tag="metric"):
    """A metric of the candidate, against the champion's, against limits, or both."""

    metric: str
    direction: Direction
    tolerance: float = 0.0
    """How much worse than the champion it may be, in the metric's own unit."""
    relative: float = 0.0
    """The same, as a share of the champion's value: 0.02 is two percent."""
    least: float | None = None
    most: float | None = None
    champion: bool = True
    """Whether it is compared with the champion's."""
    no_champion: Absent = Absent.PASSES
    """When there is no champion, or the champion does not have the metric."""
    slice: str = ""
    """Of the evaluation data: COLUMN=VALUE, or COLUMN for each of its values; empty for all of it."""


class LatencyRule(Struct, frozen=True, tag="latency"):
    """How quickly the candidate answers one row."""

    percentile: float = 95.0
    most_ms: float | None = None
    slower: float | None = None
    """How many times the champion's it may be."""


class SizeRule(Struct, frozen=True, tag="size"):
    """How large its files are."""

    most_bytes: int | None = None
    larger: float | None = None
    """How many times the champion's they may be."""


Rule = MetricRule | LatencyRule | SizeRule


class Evaluation(Struct, frozen=True):
    """The data on which candidate and champion are both evaluated, now. Without it, the metrics of their training runs
    are compared."""

    data: str
    """A file: CSV or Parquet; relative to the gate file."""
    target: str
    """The column to predict."""
    kind: str
    """`classification` or `regression`."""


class GateFile(Struct, frozen=True):
    """A gate, as a file says it."""

    name: str
    rules: tuple[Rule, ...]
    evaluation: Evaluation | None = None
    promote: str = ""
    """The alias that a candidate gets when it passes; empty for none."""
