"""Counting with tallies: what has been added since, and how long the slower ones took. Pure."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from drivetrain.serve.model import BUCKETS, Tally

if TYPE_CHECKING:
    from collections.abc import Mapping


def since(now: Tally, before: Tally) -> Tally:
    """What was answered between two moments. A front that was started again counts from nothing: then all of `now`."""
    if now.requests < before.requests:
        return now
    return Tally(
        now.requests - before.requests,
        now.errors - before.errors,
        max(0.0, now.seconds - before.seconds),
        tuple(one - other for one, other in zip_longest(now.slower_than, before.slower_than, fillvalue=0)),
        now.mirrored - before.mirrored,
        now.disagreed - before.disagreed,
    )


def all_since(now: Mapping[str, Tally], before: Mapping[str, Tally]) -> dict[str, Tally]:
    """The same for each deployment that there is now."""
    return {name: since(tally, before.get(name, Tally())) for name, tally in now.items()}


def share_of_errors(tally: Tally) -> float:
    """From 0 to 1; 0 when nothing was asked."""
    return tally.errors / tally.requests if tally.requests else 0.0


def quantile(tally: Tally, share: float) -> float | None:
    """The latency in seconds that this share of the answers (0 to 1) stayed below, between the bounds of its bucket;
    None when nothing was asked. Answers beyond the last bound count as that bound.
    """
    counted = sum(tally.slower_than)
    if not counted:
        return None
    wanted, below = share * counted, 0
    for index, count in enumerate(tally.slower_than):
        if count and below + count >= wanted:
            low = BUCKETS[index - 1] if index else 0.0
            high = BUCKETS[min(index, len(BUCKETS) - 1)]
            return low + (high - low) * max(0.0, wanted - below) / count if high > low else high
        below += count
    return BUCKETS[-1]


def bucket(seconds: float) -> int:
    """Which of `Tally.slower_than` counts an answer that took so long."""
    for index, bound in enumerate(BUCKETS):
        if seconds <= bound:
            return index
    return len(BUCKETS)
