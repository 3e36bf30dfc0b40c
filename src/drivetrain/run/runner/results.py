"""How results come together: a step's with its commands', the job's with its steps'."""

from __future__ import annotations

from drivetrain.run.model import Result

_ORDER = (Result.SUCCEEDED, Result.SUCCEEDED_WITH_ISSUES, Result.FAILED, Result.CANCELED, Result.SKIPPED)


def merged(current: Result, coming: Result) -> Result:
    """The worse of both; once canceled or skipped it stays so. As the agent merges results."""
    if _ORDER.index(current) > _ORDER.index(Result.FAILED):
        return current
    return max(current, coming, key=_ORDER.index)


def parse_result(text: str) -> Result | None:
    """A result as `task.complete` names it, in any case."""
    return next((result for result in Result if result.value.lower() == text.strip().lower()), None)
