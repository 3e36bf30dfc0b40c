from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from drivetrain.lang.dates import format_date, parse_date

MORNING = datetime(2024, 2, 3, 4, 5, 6, 78_900, tzinfo=UTC)
EVENING = datetime(987, 12, 31, 23, 59, 0, tzinfo=timezone(-timedelta(hours=3, minutes=30)))


@pytest.mark.parametrize(
    ("pattern", "morning", "evening"),
    [
        ("yyyyMMdd", "20240203", "09871231"),
        ("yyyy-MM-dd HH:mm:ss", "2024-02-03 04:05:06", "0987-12-31 23:59:00"),
        ("yy.M.d", "24.2.3", "87.12.31"),
        ("yyyyy y", "02024 24", "00987 87"),
        ("ddd dddd MMM MMMM", "Sat Saturday Feb February", "Mon Monday Dec December"),
        ("h:mm tt", "4:05 AM", "11:59 PM"),
        ("hh t %h", "04 A 4", "11 P 11"),
        ("%H H", "4 4", "23 23"),
        ("s.fff", "6.078", "0.000"),
        ("fffffff|FFF|FFFFFFF", "0789000|078|0789", "0000000||"),
        ("z zz zzz K", "+0 +00 +00:00 +00:00", "-3 -03 -03:30 -03:30"),
        ("'day' d \"month\" M", "day 3 month 2", "day 31 month 12"),
        ("'it\\'s'", "it's", "it's"),
        (r"\d\a\y d", "day 3", "day 31"),
        ("yyyyMMdd_HHmm/x", "20240203_0405/x", "09871231_2359/x"),
        ("s", "2024-02-03T04:05:06", "0987-12-31T23:59:00"),
        ("d", "02/03/2024", "12/31/0987"),
        ("%d", "3", "31"),
        ("", "", ""),
    ],
)
def test_a_pattern_means_what_it_means_in_dotnet(pattern: str, morning: str, evening: str) -> None:
    assert (format_date(MORNING, pattern), format_date(EVENING, pattern)) == (morning, evening)


@pytest.mark.parametrize("hour", [(0, "12"), (1, "1"), (12, "12"), (13, "1")])
def test_the_twelve_hour_clock_has_no_zero(hour: tuple[int, str]) -> None:
    assert format_date(MORNING.replace(hour=hour[0]), "%h") == hour[1]


@pytest.mark.parametrize("pattern", ["'open", '"open', "yyyy%", "yyyy\\", "x", "ffffffff"])
def test_a_pattern_that_is_none_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="date format"):
        format_date(MORNING, pattern)


def test_fractions_of_a_second_are_read() -> None:
    assert parse_date("2024-02-03T04:05:06.0789000Z") == MORNING
