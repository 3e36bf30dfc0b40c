"""https://learn.microsoft.com/azure/devops/pipelines/process/scheduled-triggers#cron-syntax"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivetrain.definition.convert.schedules import cron_problem
from drivetrain.errors import UserError
from drivetrain.source.model import Patterns, Schedule
from drivetrain.source.triggers.azure_cron import AzureCron
from drivetrain.source.triggers.schedules import first_due, look, of_branch

NOW = datetime(2026, 3, 4, 10, 30, 20, tzinfo=UTC)  # a Wednesday


def following(expression: str, count: int = 3, after: datetime = NOW) -> list[str]:
    found = []
    for _ in range(count):
        due = AzureCron.parse(expression).after(after)
        if due is None:
            break
        found.append(due.strftime("%Y-%m-%d %H:%M"))
        after = due
    return found


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0 18 * * Mon,Wed,Fri", ["2026-03-04 18:00", "2026-03-06 18:00", "2026-03-09 18:00"]),
        ("0 18 * * 1,3,5", ["2026-03-04 18:00", "2026-03-06 18:00", "2026-03-09 18:00"]),
        ("0 18 * * 1-5/2", ["2026-03-04 18:00", "2026-03-06 18:00", "2026-03-09 18:00"]),
        ("0 0,6,12,18 * * *", ["2026-03-04 12:00", "2026-03-04 18:00", "2026-03-05 00:00"]),
        ("0 */6 * * *", ["2026-03-04 12:00", "2026-03-04 18:00", "2026-03-05 00:00"]),
        ("0 0-18/6 * * *", ["2026-03-04 12:00", "2026-03-04 18:00", "2026-03-05 00:00"]),
        ("0 9-21/6 * * *", ["2026-03-04 15:00", "2026-03-04 21:00", "2026-03-05 09:00"]),
        ("30 21 * * Sun-Thu", ["2026-03-04 21:30", "2026-03-05 21:30", "2026-03-08 21:30"]),
        ("0 5 * * Sun,Thu-Sat", ["2026-03-05 05:00", "2026-03-06 05:00", "2026-03-07 05:00"]),
        # "When using 3 letter days of the week and wanting a span through Sun, Sun should be considered the first day."
        ("0 5 * * Thu-Sun", ["2026-03-05 05:00", "2026-03-08 05:00", "2026-03-09 05:00"]),
        ("0 0 1 January *", ["2027-01-01 00:00", "2028-01-01 00:00", "2029-01-01 00:00"]),
        ("0 0 * * Saturday", ["2026-03-07 00:00", "2026-03-14 00:00", "2026-03-21 00:00"]),
        # As NCrontab has it, a day has to match both.
        ("0 0 13 * Fri", ["2026-03-13 00:00", "2026-11-13 00:00", "2027-08-13 00:00"]),
        ("0 0 29 Feb *", ["2028-02-29 00:00", "2032-02-29 00:00", "2036-02-29 00:00"]),
        ("5/20 10 * * *", ["2026-03-04 10:45", "2026-03-05 10:05", "2026-03-05 10:25"]),
        ("0 0 31 2 *", []),
        ("31 10 4 3 3", ["2026-03-04 10:31", "2037-03-04 10:31", "2043-03-04 10:31"]),
    ],
)
def test_it_means_what_azure_takes_it_for(expression: str, expected: list[str]) -> None:
    assert following(expression) == expected


def test_clocks_that_are_put_forward_or_back_mean_nothing() -> None:
    """The time zone is UTC, always: "UTC time zones in YAML scheduled triggers don't account for daylight saving"."""
    night = datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert following("30 2 * * *", 2, night) == ["2026-03-29 02:30", "2026-03-30 02:30"]


WRONG = (
    "|* * * *|60 * * * *|* * 0 * *|* * * 13 *|* * * * 7|*/0 * * * *|a * * * *|* * * * Foo|1- * * * *|-1 * * * *|"
    "1,, * * * *|٣ * * * *"
)


@pytest.mark.parametrize("expression", WRONG.split("|"))
def test_what_is_no_expression_is_refused_and_the_definition_agrees(expression: str) -> None:
    with pytest.raises(UserError, match="cron expression"):
        AzureCron.parse(expression)
    assert cron_problem(expression)


FIELDS = (
    st.sampled_from(["*", "*/7", "0", "59", "3,5,50-55", "40-10/9"]),
    st.sampled_from(["*", "*/5", "0", "23", "1-3,20"]),
    st.sampled_from(["*", "1", "28-30", "31", "*/10"]),
    st.sampled_from(["*", "2", "feb-apr", "January", "12"]),
    st.sampled_from(["*", "0", "Mon-Fri", "Sunday,3", "6-2/2"]),
)
EXPRESSIONS = st.tuples(*FIELDS).map(" ".join)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001


@given(EXPRESSIONS, MOMENTS)
def test_before_and_after_are_one_row_of_moments(expression: str, moment: datetime) -> None:
    cron = AzureCron.parse(expression)
    after = cron.after(moment)
    if after is None:
        return
    assert after > moment
    assert cron.until(after) == after
    before = cron.until(after - timedelta(seconds=1))
    assert before is None or (before <= moment and cron.after(before) == after)
    assert not cron_problem(expression)


def test_what_was_missed_for_long_is_due_once_and_then_as_ever() -> None:
    found = look("0 * * * *", NOW - timedelta(days=30), NOW)
    assert found.missed == NOW.replace(minute=0, second=0)
    assert found.due_at == NOW.replace(hour=11, minute=0, second=0)


def test_a_schedule_is_not_due_before_its_time() -> None:
    due = NOW.replace(hour=11, minute=0, second=0)
    assert look("0 * * * *", due, NOW) == (None, due)


@given(EXPRESSIONS, st.lists(st.integers(-10_000_000, 10_000_000), max_size=8))
def test_a_clock_that_jumps_makes_no_storm_and_no_silence(expression: str, jumps: list[int]) -> None:
    """However the clock goes, a look gives one moment at most, and the next is the first after the clock's now."""
    now, due_at = NOW, first_due(expression, NOW)
    for jump in jumps:
        if due_at is None:
            return
        now += timedelta(seconds=jump)
        found = look(expression, due_at, now)
        assert found.missed is None or found.missed <= now
        due_at = found.due_at
        assert due_at == AzureCron.parse(expression).after(now) or (due_at is not None and due_at > now)
        assert due_at is None or due_at <= (AzureCron.parse(expression).after(now) or due_at)


def schedule(cron: str, name: str = "", include: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> Schedule:
    return Schedule(cron, name, Patterns(include, exclude))


@pytest.mark.parametrize(
    ("ref", "names"),
    [
        ("refs/heads/main", ["daily"]),
        ("refs/heads/releases/2", ["daily", "weekly"]),
        ("refs/heads/releases/ancient/1", ["weekly"]),
        ("refs/heads/feature", []),
        ("refs/tags/main", []),
        ("refs/pull/1/merge", []),
    ],
)
def test_a_branch_has_the_schedules_that_name_it(ref: str, names: list[str]) -> None:
    """https://learn.microsoft.com/azure/devops/pipelines/process/scheduled-triggers#examples"""
    daily = schedule("0 0 * * *", "daily", ("main", "releases/*"), ("releases/ancient/*",))
    weekly = schedule("0 12 * * 0", "weekly", ("releases/*",))
    assert [each.display_name for each in of_branch([daily, weekly], ref)] == names


def test_two_schedules_of_one_time_are_two_when_their_names_differ() -> None:
    found = of_branch(
        [schedule("0 0 * * *", "a"), schedule("0 0 * * *", "b"), schedule("0 0 * * *", "a")], "refs/heads/x"
    )
    assert [each.display_name for each in found] == ["a", "b"]
