"""`schedules:` of a pipeline file: which are a branch's, and when they are due. Pure.

https://learn.microsoft.com/azure/devops/pipelines/process/scheduled-triggers
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from drivetrain.source.matching import BRANCHES, verdict
from drivetrain.source.triggers.azure_cron import AzureCron

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from drivetrain.source.model import Schedule


class Look(NamedTuple):
    """What a look at a schedule's time says."""

    missed: datetime | None
    """The moment that it was due at; of several that were missed, the newest. None when it is not due yet."""
    due_at: datetime | None
    """When it is due next; None when it never is again."""


def of_branch(schedules: Iterable[Schedule], ref: str) -> list[Schedule]:
    """The schedules of a branch's own file that are meant for that branch; of two with the same time and name, one.

    https://learn.microsoft.com/azure/devops/pipelines/process/scheduled-triggers#branch-considerations-for-scheduled-triggers
    """
    wanted = (each for each in schedules if ref.startswith(BRANCHES) and verdict(each.branches, ref).wanted)
    return list({(each.cron, each.display_name): each for each in wanted}.values())


def first_due(cron: str, now: datetime) -> datetime | None:
    """When a schedule is due for the first time after `now`, in UTC. Raises UserError when it is no expression."""
    return AzureCron.parse(cron).after(now)


def look(cron: str, due_at: datetime, now: datetime) -> Look:
    """Whether a schedule that is due at `due_at` is due now, and when it is next.

    Whatever was missed while nobody looked, be it one moment or a thousand, is due once. When the clock has gone back,
    the next moment is the first that comes after now, not one that is years ahead.
    """
    expression = AzureCron.parse(cron)
    following = expression.after(now)
    if now < due_at:
        return Look(None, min(due_at, following) if following else due_at)
    return Look(expression.until(now) or due_at, following)
