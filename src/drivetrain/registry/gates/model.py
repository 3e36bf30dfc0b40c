"""What a gate has come to. Frozen values."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Outcome(StrEnum):
    """Of one comparison."""

    PASSED = "passed"
    FAILED = "failed"
    NO_CHAMPION = "no champion"
    """It passes or fails by the rule's own word for that case."""
    NO_CHAMPION_METRIC = "champion has no such metric"
    NO_METRIC = "candidate has no such metric"
    """Fails: a candidate that was not measured is not known to be good."""
    NOT_A_NUMBER = "not a number"
    """Fails."""


class Finding(Struct, frozen=True):
    """One comparison, as one row of the table."""

    rule: str
    """For people: `rmse, slice sex=1`, `latency p95`, `size`."""
    outcome: Outcome
    passed: bool
    candidate: float | None = None
    champion: float | None = None
    limit: float | None = None
    """What the candidate's value was held against."""
    reason: str = ""
    """For people: `0.412 is worse than 0.395 + 0.010`."""


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
