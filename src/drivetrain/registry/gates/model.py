"""What a gate is judged by, and what it has come to. Frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct, field


class Slice(Struct, frozen=True):
    """What an evaluation measured on some rows of its data."""

    rows: int
    metrics: Mapping[str, float] = field(default_factory=dict)
    """By the names of definition/gate: COMPUTED. Not a number: neither infinite nor NaN stands for "not known"."""
    problems: Mapping[str, str] = field(default_factory=dict)
    """Why a metric is not there: `roc_auc needs rows of two classes`."""
    column: str = ""
    """Empty for all rows."""
    value: str = ""


class Evaluated(Struct, frozen=True):
    """What an evaluation came to for one model."""

    slices: tuple[Slice, ...]
    """All rows first."""
    latencies: tuple[float, ...] = ()
    """Milliseconds of each request of one row."""


class Measured(Struct, frozen=True):
    """All that is known of a model when it is judged."""

    reference: str
    """NAME:VERSION."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """Of its training run."""
    size: int | None = None
    """Bytes of its files; None when it is not known."""
    evaluated: Evaluated | None = None
    """None when there was no evaluation."""


class Outcome(StrEnum):
    """Of one comparison."""

    PASSED = "passed"
    FAILED = "failed"
    NO_CHAMPION = "no champion"
    """It passes or fails by the rule's own word for that case, as the next two do."""
    NO_CHAMPION_METRIC = "not known of the champion"
    TOO_SMALL = "slice too small"
    NO_METRIC = "not known of the candidate"
    """Fails: a candidate that was not measured is not known to be good."""
    NOT_A_NUMBER = "not a number"
    """The candidate's: fails."""
    NO_SLICE = "no such slice"
    """Fails: no row of the data is in it."""
    NOT_EVALUATED = "not evaluated"
    """Fails: it takes an evaluation, and there was none."""


class Finding(Struct, frozen=True):
    """One comparison, as one row of the table."""

    rule: str
    """For people: `rmse, sex=1`, `latency p95 (ms)`, `size (bytes)`."""
    outcome: Outcome
    passed: bool
    candidate: float | None = None
    champion: float | None = None
    limit: float | None = None
    """What the candidate's value was held against."""
    reason: str = ""
    """For people: `0.412 is worse than the champion's 0.395 + 0.010`."""


class Verdict(Struct, frozen=True):
    """What a gate said of a candidate, kept for ever."""

    id: int
    at: str
    gate: str
    candidate: str
    """NAME:VERSION."""
    champion: str
    """NAME:VERSION; empty for none."""
    passed: bool
    findings: tuple[Finding, ...]
    data_digest: str = ""
    """`sha256:...` of the evaluation data; empty when there was none."""
    run_id: int | None = None
    """The pipeline run that asked."""
    step: str = ""
    by: str = ""
    promoted: str = ""
    """The alias that the candidate got for it; empty for none."""
    rules: str = ""
    """`sha256:...` of what was asked: the rules, how it was evaluated, and what it was compared with."""
