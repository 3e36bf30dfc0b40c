"""What a task came to."""

from __future__ import annotations

from typing import NamedTuple

from drivetrain.run.model import Result


class Outcome(NamedTuple):
    """A user's failure is a value: the result, and why."""

    result: Result = Result.SUCCEEDED
    exit_code: int | None = None
    reason: str = ""


SUCCEEDED = Outcome()
