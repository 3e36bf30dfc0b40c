"""Triggers of schedules: cron expressions and recurrences, in a time zone, from a start to an end.

https://learn.microsoft.com/azure/machine-learning/how-to-schedule-pipeline-job
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class Frequency(StrEnum):
    """The unit of a recurrence."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Cron(Struct, frozen=True):
    """Whenever the expression matches: minute, hour, day, month, day of the week."""

    expression: str


class Recurrence(Struct, frozen=True):
    """Every so many units, counted from the trigger's start; on the days and at the times of a pattern, if there is
    one.
    """

    frequency: Frequency
    interval: int = 1
    hours: tuple[int, ...] = ()
    minutes: tuple[int, ...] = ()
    week_days: tuple[int, ...] = ()
    """0 is Monday."""
    month_days: tuple[int, ...] = ()

    @property
    def patterned(self) -> bool:
        """Whether it has days or times of its own."""
        return bool(self.hours or self.minutes or self.week_days or self.month_days)


class Trigger(Struct, frozen=True):
    """When a schedule is due."""

    rule: Cron | Recurrence
    start: datetime
    """Not before; aware of its time zone."""
    zone: str = "UTC"
    """Its name among those of IANA: wall clocks there are meant."""
    end: datetime | None = None
    """Not after."""
