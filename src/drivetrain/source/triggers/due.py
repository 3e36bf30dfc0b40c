"""When a trigger is due next."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from drivetrain.source.triggers.cron import after_cron
from drivetrain.source.triggers.model import Cron, Frequency, Recurrence

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from drivetrain.source.triggers.model import Trigger

_STEPS = {Frequency.MINUTE: timedelta(minutes=1), Frequency.HOUR: timedelta(hours=1)}
_FURTHEST_DAYS = 12_000
"""How far ahead a day is looked for: 32 years, and no recurrence is wider."""
_BEFORE = timedelta(microseconds=1)


def next_due(trigger: Trigger, after: datetime) -> datetime | None:
    """The first moment later than `after` at which it is due, in UTC; None when there is none any more."""
    after = max(after, trigger.start - _BEFORE).astimezone(ZoneInfo(trigger.zone))
    rule = trigger.rule
    found = after_cron(rule.expression, after) if isinstance(rule, Cron) else _recurring(rule, trigger, after)
    if found is None or (trigger.end is not None and found > trigger.end):
        return None
    return found.astimezone(UTC)


def _recurring(rule: Recurrence, trigger: Trigger, after: datetime) -> datetime | None:
    step = _STEPS.get(rule.frequency)
    if step is not None:
        return _stepping(trigger.start, step * rule.interval, after)
    start = trigger.start.astimezone(after.tzinfo)
    moments = (moment for day in _days(rule, start, after.date()) for moment in _moments(rule, start, day))
    return next((moment for moment in moments if moment.astimezone(UTC) > after.astimezone(UTC)), None)


def _stepping(start: datetime, step: timedelta, after: datetime) -> datetime:
    """The first of `start`, one step later, ... that is later than `after`: these do not follow wall clocks."""
    return start if after < start else start + step * ((after - start) // step + 1)


def _days(rule: Recurrence, start: datetime, day: date) -> Iterator[date]:
    """The days on which it is due, from `day` on."""
    for ahead in range(_FURTHEST_DAYS):
        candidate = day + timedelta(days=ahead)
        if candidate >= start.date() and _on(rule, start.date(), candidate):
            yield candidate


def _on(rule: Recurrence, start: date, day: date) -> bool:
    match rule.frequency:
        case Frequency.DAY:
            return (day - start).days % rule.interval == 0
        case Frequency.WEEK:
            weeks = (_monday(day) - _monday(start)).days // 7
            return weeks % rule.interval == 0 and day.weekday() in (rule.week_days or (start.weekday(),))
        case _:
            months = (day.year - start.year) * 12 + day.month - start.month
            return months % rule.interval == 0 and _of_month(rule, start, day)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _of_month(rule: Recurrence, start: date, day: date) -> bool:
    """By number, by day of the week, or as the start; a month that has no such day is left out."""
    if rule.month_days or not rule.week_days:
        return day.day in (rule.month_days or (start.day,))
    return day.weekday() in rule.week_days


def _moments(rule: Recurrence, start: datetime, day: date) -> Iterator[datetime]:
    """The times of a day: those of the pattern, else that of the start."""
    seconds = 0 if rule.patterned else start.second
    for hour in sorted(rule.hours or (start.hour,)):
        for minute in sorted(rule.minutes or ((0,) if rule.hours else (start.minute,))):
            local = datetime.combine(day, time(hour, minute, seconds), start.tzinfo)
            yield local.astimezone(UTC).astimezone(start.tzinfo)  # what clocks leave out comes after the gap
