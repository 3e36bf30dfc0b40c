"""Cron expressions as Azure Pipelines reads them, which is as the library NCrontab does; in UTC.

What differs from other crons, such as the one that `cron.py` follows: a day has to match the day of the month *and* the
day of the week; names may be written in full; a range that goes backwards is turned round.
https://learn.microsoft.com/azure/devops/pipelines/process/scheduled-triggers#cron-syntax
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from drivetrain.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

_MONTHS = "january february march april may june july august september october november december"
_DAYS = "sunday monday tuesday wednesday thursday friday saturday"
_FURTHEST_DAYS = 15_000
"""How far a day is looked for: the 29th of February is on each day of the week once in 40 years at the latest."""
_DAY = timedelta(days=1)


class _Field(NamedTuple):
    title: str
    first: int
    last: int
    names: tuple[str, ...] = ()


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, tuple(_MONTHS.split())),
    _Field("day of the week", 0, 6, tuple(_DAYS.split())),
)


class AzureCron(NamedTuple):
    """The moments that an expression means, as sets of numbers."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    """0 is Sunday."""

    @classmethod
    def parse(cls, expression: str) -> AzureCron:
        """Raises UserError that names the field which is wrong."""
        words = expression.split()
        if len(words) != len(_FIELDS):
            raise UserError(f"'{expression[:100]}' is no cron expression: minute, hour, day, month, day of the week")
        return cls(*(_numbers(word, field) for word, field in zip(words, _FIELDS, strict=True)))

    def after(self, moment: datetime) -> datetime | None:
        """The first match later than a moment; None when there is none in some 40 years."""
        moment = moment.astimezone(UTC)
        return next((found for found in self._matches(moment, 1) if found > moment), None)

    def until(self, moment: datetime) -> datetime | None:
        """The last match that is not later than a moment."""
        moment = moment.astimezone(UTC)
        return next((found for found in self._matches(moment, -1) if found <= moment), None)

    def _matches(self, moment: datetime, step: int) -> Iterator[datetime]:
        """Those of the moment's day and of the days after, or before it."""
        day = moment.date()
        for _ in range(_FURTHEST_DAYS):
            if self._on(day):
                for hour in sorted(self.hours, reverse=step < 0):
                    for minute in sorted(self.minutes, reverse=step < 0):
                        yield datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)
            day += step * _DAY

    def _on(self, day: date) -> bool:
        return day.day in self.days and day.month in self.months and day.isoweekday() % 7 in self.weekdays


def _numbers(word: str, field: _Field) -> frozenset[int]:
    return frozenset(number for part in word.split(",") for number in _part(part, field))


def _part(part: str, field: _Field) -> range:
    """`*`, `a`, `a-b`, and each with `/n`: every n-th of it; of a single number every n-th from there on."""
    text, slash, every = part.partition("/")
    if slash and not (every.isascii() and every.isdigit() and int(every[:9])):
        raise _wrong(part, field)
    step = int(every[:9]) if slash else 1
    if text == "*":
        return range(field.first, field.last + 1, step)
    first, dash, last = text.partition("-")
    start = _value(first, field)
    end = _value(last, field) if dash else (field.last if step > 1 else start)
    return range(min(start, end), max(start, end) + 1, step)


def _value(word: str, field: _Field) -> int:
    if word.isascii() and word.isdigit():
        number = int(word[:9])
        if field.first <= number <= field.last:
            return number
    elif word:
        for at, name in enumerate(field.names):
            if name.startswith(word.lower()):
                return field.first + at
    raise _wrong(word, field)


def _wrong(word: str, field: _Field) -> UserError:
    return UserError(f"the {field.title} of a cron expression cannot be '{word[:100]}'")
