"""What the checks of a stage are judged by, and what each of them comes to. Everything here is read only."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct, field

from drivetrain.clock import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drivetrain.plan.model import Plan, StagePlan
    from drivetrain.run.checks.model import Answer, Approval, CheckRun, CheckState, GateWord
    from drivetrain.run.model import Run


class Facts(Struct, frozen=True):
    """What is known at one moment."""

    now: datetime
    run: Run
    plan: Plan
    stage: StagePlan
    approvals: Mapping[int, Approval] = field(default_factory=dict)
    """By the check that asks."""
    answers: Mapping[int, Answer] = field(default_factory=dict)
    """The newest answer of a REST API, by check."""
    calling: frozenset[int] = frozenset()
    """Checks whose REST API is being asked."""
    words: Sequence[GateWord] = ()
    """What gates have said of the models that the run has registered, or for the run; oldest first."""


class Finding(Struct, frozen=True):
    """Where a check stands."""

    state: CheckState
    reason: str = ""
    look_again: datetime | None = None
    """When it may stand elsewhere without anybody doing anything."""
    call: bool = False
    """Whether its REST API is to be asked now."""


def deadline(check: CheckRun, minutes: float) -> datetime:
    """When the time of a check that has begun is over."""
    return parse_timestamp(check.started_at) + timedelta(minutes=minutes)


def in_words(minutes: float) -> str:
    """A length of time for people: `30 days`, `90 minutes`."""
    for size, word in ((1440, "day"), (60, "hour")):
        if minutes >= size and minutes % size == 0:
            number = minutes / size
            return f"{number:g} {word}{'' if number == 1 else 's'}"
    return f"{minutes:g} minute{'' if minutes == 1 else 's'}"
