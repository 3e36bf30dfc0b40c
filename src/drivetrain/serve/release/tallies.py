"""What tallies say: how a deployment has done since a moment, and whether that is worse than another. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.serve.model import BUCKETS, Tally

if TYPE_CHECKING:
    from collections.abc import Iterable

    from drivetrain.serve.release.model import ReleasePlan

PERCENTILE = 0.95
MANY_ERRORS = 3
"""So many are no accident, however few requests there were."""


def since(now: Tally, before: Tally | None) -> Tally:
    """What came after `before`. A front that was started anew counts from nothing: then all of `now` did."""
    if before is None or now.requests < before.requests or now.mirrored < before.mirrored:
        return now
    old = (*before.slower_than, *([0] * len(now.slower_than)))
    return Tally(
        now.requests - before.requests,
        max(0, now.errors - before.errors),
        max(0.0, now.seconds - before.seconds),
        tuple(max(0, count - old[place]) for place, count in enumerate(now.slower_than)),
        now.mirrored - before.mirrored,
        max(0, now.disagreed - before.disagreed),
    )


def together(tallies: Iterable[Tally]) -> Tally:
    """All of them as one."""
    sums = Tally(slower_than=(0,) * (len(BUCKETS) + 1))
    for each in tallies:
        counts = (*each.slower_than, *([0] * len(sums.slower_than)))
        sums = Tally(
            sums.requests + each.requests,
            sums.errors + each.errors,
            sums.seconds + each.seconds,
            tuple(count + counts[place] for place, count in enumerate(sums.slower_than)),
            sums.mirrored + each.mirrored,
            sums.disagreed + each.disagreed,
        )
    return sums


def percentile(tally: Tally) -> tuple[float, float] | None:
    """Between which seconds the 95th percentile lies (the bounds of its bucket); None when nothing was answered."""
    total = sum(tally.slower_than)
    if not total:
        return None
    reached = 0
    bounds = (0.0, *BUCKETS, float("inf"))
    for place, count in enumerate(tally.slower_than):
        reached += count
        if reached >= total * PERCENTILE:
            return bounds[place], bounds[place + 1]
    return bounds[-2], bounds[-1]


def too_many_errors(new: Tally, old: Tally, plan: ReleasePlan, *, over: bool) -> str:
    """Why the new deployment's errors are too many; empty when they are not. Of few requests only when that time is
    `over`, or the errors are no accident.
    """
    share = new.errors / new.requests if new.requests else 0.0
    usual = old.errors / old.requests if old.requests else 0.0
    proven = over or new.requests >= plan.least_requests or new.errors >= MANY_ERRORS
    if not (new.errors and proven and share > usual + plan.most_errors):
        return ""
    beside = f" ({usual:.1%} of the others)" if old.requests else ""
    return f"{new.errors} of {new.requests} answers were errors: {share:.1%}{beside}"


def too_slow(new: Tally, old: Tally, plan: ReleasePlan) -> str:
    """Why the new deployment is too slow; empty when it is not for sure: a bucket says between which times the
    percentile lies, so the best of the new one is held against the worst of the old one.
    """
    if not plan.slower or min(new.requests, old.requests) < max(1, plan.least_requests):
        return ""
    ours, theirs = percentile(new), percentile(old)
    if ours is None or theirs is None or ours[0] <= plan.slower * theirs[1]:
        return ""
    return f"it is slower: 95% were answered within {_at_most(ours[1])}, of the others within {_at_most(theirs[1])}"


def too_different(new: Tally, plan: ReleasePlan) -> str:
    """Why its answers differ too often from those that callers got; empty when they do not."""
    if new.mirrored < max(1, plan.least_requests):
        return ""
    share = new.disagreed / new.mirrored
    if share <= plan.most_disagreement:
        return ""
    return f"{new.disagreed} of {new.mirrored} mirrored answers were different: {share:.1%}"


def _at_most(seconds: float) -> str:
    if seconds == float("inf"):
        return f"more than {BUCKETS[-1]:g} s"
    return f"{seconds * 1000:g} ms" if seconds < 1 else f"{seconds:g} s"
