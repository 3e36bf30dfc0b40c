"""A schedule's trigger from the body of REST.

https://learn.microsoft.com/rest/api/azureml/schedules/create-or-update
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tzlocal.windows_tz import win_tz

from drivetrain.definition.azureml.spelled import Spelled
from drivetrain.source.triggers.model import Cron, Frequency, Recurrence, Trigger

if TYPE_CHECKING:
    from collections.abc import Mapping

_WEEK_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MOST = {Frequency.MONTH: 120, Frequency.WEEK: 520, Frequency.DAY: 3650}
_MOST_STEPS = 100_000
_MINUTE, _HOUR, _DAY, _MONTH, _WEEK_DAY = range(5)
_FIELDS = 5
_LAST_YEAR = 9000


def read_trigger(body: Mapping[str, Any], now: datetime) -> Trigger:
    """The trigger of `body`, the schedule's `properties`; `now` is its start where it names none. Raises UserError that
    names the field. Whether a cron expression is one, `source.triggers.cron` says.
    """
    fields = Spelled(body, "properties").object("trigger")
    kind = fields.text("triggerType").lower()
    if kind not in ("cron", "recurrence"):
        raise fields.wrong("triggerType", "Cron or Recurrence")
    zone = _zone(fields)
    start = _moment(fields, "startTime", zone) or now
    rule = _cron(fields) if kind == "cron" else _recurrence(fields)
    return Trigger(rule, start, zone, _moment(fields, "endTime", zone))


def _cron(fields: Spelled) -> Cron:
    """Azure ML takes days and months for `*`, whatever they are.

    https://learn.microsoft.com/azure/machine-learning/how-to-schedule-pipeline-job#create-a-time-based-schedule-with-cron-expression
    """
    parts = fields.text("expression").split()
    if len(parts) == _FIELDS:
        parts[_DAY] = parts[_MONTH] = "*"
    return Cron(" ".join(parts))


def _recurrence(fields: Spelled) -> Recurrence:
    frequency = fields.choice("frequency", Frequency)
    interval = fields.whole("interval", 1, least=1, most=_MOST.get(frequency, _MOST_STEPS))
    pattern = fields.object("schedule")
    if frequency in (Frequency.MINUTE, Frequency.HOUR):
        return Recurrence(frequency, interval)
    week_days, month_days = _week_days(pattern), _numbers(pattern, "monthDays", 1, 31)
    return Recurrence(
        frequency,
        interval,
        _numbers(pattern, "hours", 0, 23),
        _numbers(pattern, "minutes", 0, 59),
        week_days if frequency is not Frequency.DAY else (),
        month_days if frequency is Frequency.MONTH else (),
    )


def _numbers(fields: Spelled, name: str, least: int, most: int) -> tuple[int, ...]:
    values = fields.raw(name)
    values = [] if values is None else values if isinstance(values, list) else [values]
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise fields.wrong(name, f"whole numbers from {least} to {most}")
    return tuple(sorted(set(values)))


def _week_days(fields: Spelled) -> tuple[int, ...]:
    values = fields.raw("weekDays")
    values = [] if values is None else values if isinstance(values, list) else [values]
    names = [value.lower() if isinstance(value, str) else "" for value in values]
    if not set(names) <= set(_WEEK_DAYS):
        raise fields.wrong("weekDays", "names of days")
    return tuple(sorted({_WEEK_DAYS.index(name) for name in names}))


def _zone(fields: Spelled) -> str:
    """A time zone by the name that Windows gives it, as Azure asks for, or by that of IANA."""
    name = fields.text("timeZone", "UTC") or "UTC"
    found = win_tz.get(name, name)
    try:
        ZoneInfo(found)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise fields.wrong("timeZone", "the name of a time zone, such as 'W. Europe Standard Time' or UTC") from error
    return found


def _moment(fields: Spelled, name: str, zone: str) -> datetime | None:
    """A moment in ISO 8601 (with a blank for the T, as older clients write it); one without an offset is on the clocks
    of the time zone.
    """
    text = fields.text(name, "").strip()
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        local = found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))
        moment = local.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise fields.wrong(name, "a moment such as 2026-05-10T10:15:00") from error
    if moment.year > _LAST_YEAR:
        raise fields.wrong(name, "a moment before the year 9000")
    return moment
