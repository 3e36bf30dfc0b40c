"""Counting with tallies: what has been added since, and how long the slower ones took. Pure."""

from __future__ import annotations

from itertools import accumulate, zip_longest
from typing import TYPE_CHECKING

from drivetrain.serve.model import BUCKETS, Tally

if TYPE_CHECKING:
    from collections.abc import Mapping

_BOUNDS = (0.0, *BUCKETS, float("inf"))


def since(now: Tally, before: Tally) -> Tally:
    """What was answered between two moments. A front that was started again counts from nothing: then all of `now`."""
    if now.requests < before.requests or now.mirrored < before.mirrored:
        return now
    return Tally(
        now.requests - before.requests,
        max(0, now.errors - before.errors),
        max(0.0, now.seconds - before.seconds),
        tuple(max(0, one - other) for one, other in zip_longest(now.slower_than, before.slower_than, fillvalue=0)),
        now.mirrored - before.mirrored,
        max(0, now.disagreed - before.disagreed),
    )


def all_since(now: Mapping[str, Tally], before: Mapping[str, Tally]) -> dict[str, Tally]:
    """The same for each deployment that there is now."""
    return {name: since(tally, before.get(name, Tally())) for name, tally in now.items()}


def share_of_errors(tally: Tally) -> float:
    """From 0 to 1; 0 when nothing was asked."""
    return tally.errors / tally.requests if tally.requests else 0.0


def between(tally: Tally, share: float) -> tuple[float, float] | None:
    """Between which seconds the latency lies that this share of the answers (0 to 1) stayed below: the bounds of its
    bucket, the last of which is infinite. None when nothing was answered.
    """
    wanted = share * sum(tally.slower_than)
    for place, (count, reached) in enumerate(zip(tally.slower_than, accumulate(tally.slower_than), strict=True)):
        if count and reached >= wanted:
            return _BOUNDS[place], _BOUNDS[place + 1]
    return None


def quantile(tally: Tally, share: float) -> float | None:
    """That latency in seconds, as if the answers of a bucket were spread over it; None when nothing was answered.
    Answers beyond the last bound count as that bound.
    """
    found = between(tally, share)
    if found is None:
        return None
    low, high = found
    place = _BOUNDS.index(low)
    if high == _BOUNDS[-1]:
        return low
    below = sum(tally.slower_than[:place])
    within = max(0.0, share * sum(tally.slower_than) - below) / tally.slower_than[place]
    return low + (high - low) * min(1.0, within)
