"""Figures of what deployments have answered: rates, shares, percentiles. Pure."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.serve.model import BUCKETS, Tally

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


def added(tallies: Iterable[Tally]) -> Tally:
    """All of them together."""
    total = Tally()
    for each in tallies:
        total = Tally(
            total.requests + each.requests,
            total.errors + each.errors,
            total.seconds + each.seconds,
            tuple(a + b for a, b in zip_longest(total.slower_than, each.slower_than, fillvalue=0)),
            total.mirrored + each.mirrored,
            total.disagreed + each.disagreed,
        )
    return total


def since(now: Tally, before: Tally) -> Tally:
    """What has come since; all of it when the front began anew meanwhile, and so counts less."""
    if now.requests < before.requests or now.mirrored < before.mirrored:
        return now
    return Tally(
        now.requests - before.requests,
        max(0, now.errors - before.errors),
        max(0.0, now.seconds - before.seconds),
        tuple(max(0, a - b) for a, b in zip_longest(now.slower_than, before.slower_than, fillvalue=0)),
        now.mirrored - before.mirrored,
        max(0, now.disagreed - before.disagreed),
    )


def percentile(tally: Tally, share: float) -> float | None:
    """Seconds within which that share of the answers came, estimated within its bucket as Prometheus does.

    https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile
    """
    total = sum(tally.slower_than)
    if not total:
        return None
    rank, seen, low = share * total, 0, 0.0
    for count, high in zip(tally.slower_than, BUCKETS, strict=False):
        if count and seen + count >= rank:
            return low + (high - low) * (rank - seen) / count
        seen, low = seen + count, high
    return BUCKETS[-1]


def figures(tally: Tally, seconds: float) -> Figures:
    """What a tally of so many seconds comes to."""
    return Figures(
        tally.requests,
        tally.requests / seconds if seconds > 0 else 0.0,
        tally.errors / tally.requests if tally.requests else None,
        percentile(tally, 0.5),
        percentile(tally, 0.95),
        percentile(tally, 0.99),
    )
