"""Whether a deployment does worse than the others, by what both have answered since a moment. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.serve.model import BUCKETS, Tally
from drivetrain.serve.tallies import between, share_of_errors

if TYPE_CHECKING:
    from drivetrain.serve.release.model import ReleasePlan

PERCENTILE = 0.95
MANY_ERRORS = 3
"""So many are no accident, however few requests there were."""


def percentile(tally: Tally) -> tuple[float, float] | None:
    """Between which seconds the 95th percentile lies; None when nothing was answered."""
    return between(tally, PERCENTILE)


def too_many_errors(new: Tally, old: Tally, plan: ReleasePlan, *, over: bool) -> str:
    """Why the new deployment's errors are too many; empty when they are not. Of few requests only when that time is
    `over`, or the errors are no accident.
    """
    share, usual = share_of_errors(new), share_of_errors(old)
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
