from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivetrain.definition.azureml.schedule import read_trigger
from drivetrain.errors import UserError
from drivetrain.source.triggers.cron import check_cron
from drivetrain.source.triggers.due import next_due
from drivetrain.source.triggers.model import Frequency, Recurrence, Trigger

NOW = datetime(2026, 3, 4, 10, 30, 20, tzinfo=UTC)  # a Wednesday


def moments(trigger: dict[str, Any], count: int, after: datetime = NOW) -> list[str]:
    found: list[str] = []
    read = read_trigger({"trigger": trigger}, NOW)
    while len(found) < count:
        due = next_due(read, after)
        if due is None:
            break
        found.append(due.strftime("%m-%d %H:%M:%S"))
        after = due
    return found


def cron(expression: str, **more: str) -> dict[str, Any]:
    return {"triggerType": "Cron", "expression": expression, **more}


def every(frequency: str, interval: int = 1, schedule: dict[str, Any] | None = None, **more: str) -> dict[str, Any]:
    return {
        "triggerType": "Recurrence",
        "frequency": frequency,
        "interval": interval,
        "schedule": schedule or {"hours": [], "minutes": []},
        **more,
    }


@pytest.mark.parametrize(
    ("trigger", "expected"),
    [
        (cron("15 16 * * 1"), ["03-09 16:15:00", "03-16 16:15:00"]),
        (cron("*/20 * * * *"), ["03-04 10:40:00", "03-04 11:00:00"]),
        (cron("0 0 * * MON-FRI"), ["03-05 00:00:00", "03-06 00:00:00"]),
        # Days and months are taken for *.
        (cron("0 12 31 2 *"), ["03-04 12:00:00", "03-05 12:00:00"]),
        (cron("0 12 * * *", timeZone="Pacific Standard Time"), ["03-04 20:00:00", "03-05 20:00:00"]),
        (cron("0 12 * * *", startTime="2026-03-06T12:00:00"), ["03-06 12:00:00", "03-07 12:00:00"]),
        (cron("0 12 * * *", endTime="2026-03-05T12:00:00"), ["03-04 12:00:00", "03-05 12:00:00"]),
        # Clocks in Berlin leave out 02:00 to 03:00 on 29 March.
        (
            cron("30 2 * * *", timeZone="W. Europe Standard Time", startTime="2026-03-28"),
            ["03-28 01:30:00", "03-29 01:00:00", "03-30 00:30:00"],
        ),
        # Without a start it starts at once, and counts from there.
        (every("Minute", 15), ["03-04 10:45:20", "03-04 11:00:20"]),
        (every("Hour", 4, startTime="2026-03-04 08:00:00"), ["03-04 12:00:00", "03-04 16:00:00"]),
        (every("Day", 2, startTime="2026-03-01T09:00:00"), ["03-05 09:00:00", "03-07 09:00:00"]),
        (every("Day", 1, {"hours": [8, 20], "minutes": [0, 30]}),
         ["03-04 20:00:00", "03-04 20:30:00", "03-05 08:00:00"]),
        (every("Week", 1, {"hours": [6], "minutes": [0], "weekDays": ["Monday", "Friday"]}),
         ["03-06 06:00:00", "03-09 06:00:00"]),
        (every("Week", 2, {"hours": [6], "minutes": [], "weekDays": "Friday"}), ["03-06 06:00:00", "03-20 06:00:00"]),
        (every("Week", 1, startTime="2026-03-01T09:00:00"), ["03-08 09:00:00", "03-15 09:00:00"]),
        # A month without such a day is left out.
        (every("Month", 1, {"hours": [1], "minutes": [0], "monthDays": [31]}),
         ["03-31 01:00:00", "05-31 01:00:00"]),
        (every("Month", 3, startTime="2026-01-15T00:00:00"), ["04-15 00:00:00", "07-15 00:00:00"]),
        (every("Day", 1, {"hours": [7], "minutes": [0]}, timeZone="Europe/Berlin", startTime="2026-03-28T00:00:00"),
         ["03-28 06:00:00", "03-29 05:00:00"]),
        (every("Day", 1, {"hours": [2], "minutes": [30]}, timeZone="Europe/Berlin", startTime="2026-03-29T00:00:00"),
         ["03-29 01:30:00", "03-30 00:30:00"]),
    ],
)  # fmt: skip
def test_when_a_trigger_is_due(trigger: dict[str, Any], expected: list[str]) -> None:
    assert moments(trigger, len(expected)) == expected


def test_a_trigger_ends() -> None:
    assert moments(cron("0 12 * * *", endTime="2026-03-05T12:00:00"), 9) == ["03-04 12:00:00", "03-05 12:00:00"]
    assert moments(every("Minute", 1, endTime="2026-03-04T10:32:00"), 9) == ["03-04 10:31:20"]


def test_the_first_moment_of_a_recurrence_is_its_start() -> None:
    trigger = read_trigger({"trigger": every("Hour", 1, startTime="2026-03-04T12:00:00+02:00")}, NOW)
    assert next_due(trigger, trigger.start - timedelta(days=1)) == datetime(2026, 3, 4, 10, tzinfo=UTC)


@given(
    frequency=st.sampled_from(Frequency),
    interval=st.integers(1, 10),
    ahead=st.integers(0, 100_000),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
    hours=st.sets(st.integers(0, 23), max_size=3),
)
@settings(max_examples=100, deadline=None)
def test_a_recurrence_always_goes_on_and_never_back(
    frequency: Frequency, interval: int, ahead: int, zone: str, hours: set[int]
) -> None:
    trigger = Trigger(Recurrence(frequency, interval, tuple(hours)), NOW, zone)
    after = NOW + timedelta(minutes=ahead)
    first = next_due(trigger, after)
    assert first is not None
    assert first > after
    second = next_due(trigger, first)
    assert second is not None
    assert second > first
    assert next_due(trigger, first - timedelta(microseconds=1)) == first


@pytest.mark.parametrize(
    ("trigger", "message"),
    [
        (None, "trigger.triggerType must be a text, not missing"),
        ({"triggerType": "Event"}, "triggerType must be Cron or Recurrence, not 'Event'"),
        ({"triggerType": "Cron"}, "expression must be a text"),
        (cron("* * * * *", timeZone="Mars"), "timeZone must be the name of a time zone"),
        (cron("* * * * *", timeZone="../etc/passwd"), "timeZone must be the name of a time zone"),
        (cron("* * * * *", startTime="tomorrow"), "startTime must be a moment"),
        (cron("* * * * *", startTime="9999-12-31T23:59:59-10:00"), "startTime must be a moment"),
        (every("Year"), "frequency must be one of minute, hour, day, week, month, not 'Year'"),
        (every("Day", 0), "interval must be a number from 1 to 3650"),
        (every("Day", 1, {"hours": [24]}), "schedule.hours must be whole numbers from 0 to 23"),
        (every("Week", 1, {"weekDays": ["Someday"]}), "schedule.weekDays must be names of days"),
    ],
)
def test_what_is_wrong_is_said_with_its_field(trigger: Any, message: str) -> None:
    with pytest.raises(UserError) as refused:
        read_trigger({"trigger": trigger}, NOW)
    assert message in refused.value.message


@pytest.mark.parametrize(
    "expression", ["", "* * * *", "* * * * * *", "61 * * * *", "a b c d e", "* * * * 9", "*/0 * * * *"]
)
def test_what_is_no_cron_expression(expression: str) -> None:
    with pytest.raises(UserError, match="is no cron expression"):
        check_cron(expression, NOW)
