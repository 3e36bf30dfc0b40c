"""What a deployment has answered, counted."""

from __future__ import annotations

from bisect import bisect_left

from drivetrain.serve.model import BUCKETS, Tally

TIMED_OUT = 408
MODEL_FAILED = 424
TOO_MANY = 429
SERVER_ERROR = 500


def is_error(status: int, model_status: int = 0) -> bool:
    """Whether an answer speaks against the deployment. One that refuses the caller's data does not: what was asked
    was wrong.
    """
    if status == MODEL_FAILED:
        return model_status >= SERVER_ERROR
    return status >= SERVER_ERROR or status in {TIMED_OUT, TOO_MANY}


class Counts:
    """A Tally that grows."""

    __slots__ = ("buckets", "disagreed", "errors", "mirrored", "requests", "seconds")

    def __init__(self) -> None:
        self.requests = 0
        self.errors = 0
        self.seconds = 0.0
        self.buckets = [0] * (len(BUCKETS) + 1)
        self.mirrored = 0
        self.disagreed = 0

    def add(self, seconds: float, *, error: bool) -> None:
        """One more answer."""
        self.requests += 1
        self.errors += error
        self.seconds += seconds
        self.buckets[bisect_left(BUCKETS, seconds)] += 1

    def tally(self) -> Tally:
        """As it is now."""
        slower = tuple(self.buckets)
        return Tally(self.requests, self.errors, round(self.seconds, 6), slower, self.mirrored, self.disagreed)
