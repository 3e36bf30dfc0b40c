"""Counting with tallies: what has been added since, both together, and how long the slower ones took. Pure."""

from __future__ import annotations

from itertools import zip_longest
from operator import add, sub
from typing import TYPE_CHECKING

from drivetrain.serve.model import BUCKETS, Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def since(now: Tally, before: Tally) -> Tally:
    """What was answered between two moments. A front that was started again counts from nothing: then all of `now`."""
    return now if now.requests < before.requests else _combined(sub, now, before)


def all_since(now: Mapping[str, Tally], before: Mapping[str, Tally]) -> dict[str, Tally]:
    """The same for each deployment that there is now."""
    return {name: since(tally, before.get(name, Tally())) for name, tally in now.items()}


def together(first: Tally, second: Tally) -> Tally:
    """What both have answered."""
    return _combined(add, first, second)


def _combined(how: Callable[[float, float], float], first: Tally, second: Tally) -> Tally:
    buckets = zip_longest(first.slower_than, second.slower_than, fillvalue=0)
    return Tally(
        requests=int(how(first.requests, second.requests)),
        errors=int(how(first.errors, second.errors)),
        seconds=max(0.0, how(first.seconds, second.seconds)),
        slower_than=tuple(int(how(one, other)) for one, other in buckets),
        mirrored=int(how(first.mirrored, second.mirrored)),
        disagreed=int(how(first.disagreed, second.disagreed)),
    )


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
