"""Business hours: a stage starts only in a window of time.

https://learn.microsoft.com/azure/devops/pipelines/process/approvals#business-hours
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from drivetrain.errors import UserError
from drivetrain.run.checks.facts import Finding, deadline, in_words
from drivetrain.run.checks.model import Category, CheckState
from drivetrain.run.model import Result

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.run.checks.facts import Facts
    from drivetrain.run.checks.model import CheckRun

TYPE = "businessHours"
TITLE = "Business hours"
TIMEOUT_RESULT = Result.FAILED
"""The page says so: "... and the stage is marked failed"."""
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DAY = 1440
_WEEK = 8
_FORMAT = "%H:%M"


class Settings(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """How it is set."""

    days: tuple[str, ...] = DAYS[:5]
    start: str = "09:00"
    end: str = "17:00"
    """A window that ends before it starts ends on the next day."""
    time_zone: str = "UTC"
    """A name of the IANA's data base."""
    timeout: float = DAY

    def verify(self) -> None:
        """Raises UserError that names the setting."""
        wrong = [day for day in self.days if day not in DAYS]
        if wrong or not self.days:
            raise UserError(f"days: {', '.join(wrong) or 'there are none'}", hint=f"days are {', '.join(DAYS)}")
        for name, text in (("start", self.start), ("end", self.end)):
            _time(text, name)
        if self.start == self.end:
            raise UserError("end: it is the same as start", hint="00:00 to 23:59 is the whole day")
        _zone(self.time_zone)


def category(settings: Settings) -> Category:
    """Dynamic."""
    del settings
    return Category.DYNAMIC


def describe(settings: Settings) -> str:
    """In a few words, for people."""
    days = "every day" if len(settings.days) == len(DAYS) else ", ".join(day[:3] for day in settings.days)
    return f"{days} {settings.start} to {settings.end} {settings.time_zone}, within {in_words(settings.timeout)}"


def look(settings: Settings, check: CheckRun, facts: Facts) -> Finding:
    """Whether it is business hours now. It may pass and not pass any more, until the stage begins."""
    for begins, ends in _windows(settings, facts.now):
        if begins <= facts.now < ends:
            return Finding(CheckState.PASSED, f"within business hours until {_shown(ends, settings)}", ends)
        if begins > facts.now:
            again = min(begins, deadline(check, settings.timeout))
            return Finding(CheckState.RUNNING, f"business hours begin {_shown(begins, settings)}", again)
    return Finding(CheckState.RUNNING, "business hours never begin", deadline(check, settings.timeout))


def _windows(settings: Settings, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Those around now, in order; times that a change of the clocks leaves out count as the moment after it."""
    zone = _zone(settings.time_zone)
    start, end = _time(settings.start, "start"), _time(settings.end, "end")
    today = now.astimezone(zone).date()
    for offset in range(-1, _WEEK):
        day = today + timedelta(days=offset)
        if DAYS[day.weekday()] in settings.days:
            last = day if end > start else day + timedelta(days=1)
            begins = datetime.combine(day, start, zone).astimezone(UTC)
            ends = datetime.combine(last, end, zone).astimezone(UTC)
            if ends > now:
                yield begins, ends


def _shown(moment: datetime, settings: Settings) -> str:
    return f"{moment.astimezone(_zone(settings.time_zone)):%A %Y-%m-%d %H:%M} {settings.time_zone}"


def _time(text: str, setting: str) -> time:
    try:
        return datetime.strptime(text, _FORMAT).time()  # noqa: DTZ007 - a time of day
    except ValueError as error:
        raise UserError(f"{setting}: '{text}' is not a time of day", hint="such as 09:00 or 17:30") from error


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UserError(
            f"timeZone: there is no '{name}'", hint="such as UTC, Europe/Berlin, America/New_York"
        ) from error
