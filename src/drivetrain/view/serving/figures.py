"""Figures of what deployments have answered: rates, shares, percentiles. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.serve.model import Tally
from drivetrain.serve.tallies import quantile

if TYPE_CHECKING:
    from collections.abc import Iterable


class Figures(Struct, frozen=True):
    """What a tally comes to over some seconds."""

    requests: int
    per_second: float
    errors: float | None
    """Share from 0 to 1; None without requests."""
    p50: float | None
    """Seconds; None without requests."""
    p95: float | None
    p99: float | None


def figures(tally: Tally, seconds: float) -> Figures:
    """What a tally of so many seconds comes to."""
    return Figures(
        tally.requests,
        tally.requests / seconds if seconds > 0 else 0.0,
        tally.errors / tally.requests if tally.requests else None,
        quantile(tally, 0.5),
        quantile(tally, 0.95),
        quantile(tally, 0.99),
    )


def added(tallies: Iterable[Tally]) -> Tally:
    """All of them together."""
    return sum(tallies, Tally())
