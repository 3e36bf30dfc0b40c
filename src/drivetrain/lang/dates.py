"""Dates as text by .NET's custom format strings, and text as dates; invariant culture, no local time zone.

https://learn.microsoft.com/dotnet/standard/base-types/custom-date-and-time-format-strings
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_STANDARD = {
    "d": "MM/dd/yyyy",
    "D": "dddd, dd MMMM yyyy",
    "f": "dddd, dd MMMM yyyy HH:mm",
    "F": "dddd, dd MMMM yyyy HH:mm:ss",
    "g": "MM/dd/yyyy HH:mm",
    "G": "MM/dd/yyyy HH:mm:ss",
    "m": "MMMM dd",
    "M": "MMMM dd",
    "o": "yyyy'-'MM'-'dd'T'HH':'mm':'ss'.'fffffffK",
    "O": "yyyy'-'MM'-'dd'T'HH':'mm':'ss'.'fffffffK",
    "s": "yyyy'-'MM'-'dd'T'HH':'mm':'ss",
    "t": "HH:mm",
    "T": "HH:mm:ss",
    "u": "yyyy'-'MM'-'dd HH':'mm':'ss'Z'",
    "y": "yyyy MMMM",
    "Y": "yyyy MMMM",
}
_TOKEN = re.compile(
    r"""(?P<run>(?P<letter>[yMdHhmsfFtzKg])(?P=letter)*)
    |   %(?P<single>[yMdHhmsfFtzKg])
    |   \\(?P<escaped>.)
    |   (?P<quote>['"])(?P<quoted>(?:\\.|(?!(?P=quote)).)*)(?P=quote)
    |   (?P<bad>[%\\'"])
    |   (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_MAX_OFFSET = timedelta(hours=14)
_PARSE = re.compile(
    r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})[ T](\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,7}))?"
    r"(?:(Z)|([+-])(\d{1,2}):(\d{1,2}))?",
    re.ASCII,
)


def format_date(moment: datetime, pattern: str) -> str:
    """The text of a moment by a .NET date format, custom (`yyyyMMdd`) or standard (`s`). Raises ValueError."""
    if len(pattern) == 1:
        if pattern not in _STANDARD:
            raise ValueError(f"'{pattern}' is not a date format; write %{pattern} for the single letter")
        pattern = _STANDARD[pattern]
    return "".join(_piece(moment, match) for match in _TOKEN.finditer(pattern))


def standard_text(moment: datetime) -> str:
    """A moment as expressions turn it into a string: `2024-01-31 08:05:09+00:00`."""
    return format_date(moment, "yyyy-MM-dd HH:mm:sszzz")


def parse_date(text: str) -> datetime | None:
    """The moment that text such as `2024-01-31T08:05:09.5Z` names; UTC where it names no offset; else None."""
    match = _PARSE.fullmatch(text.strip())
    if not match:
        return None
    year, _, month, day, hour, minute, second, fraction, _, sign, zone_hour, zone_minute = match.groups()
    offset = timedelta(hours=int(zone_hour or 0), minutes=int(zone_minute or 0))
    if offset > _MAX_OFFSET:
        return None
    try:
        zone = timezone(-offset if sign == "-" else offset) if offset else UTC
        numbers = [int(number) for number in (year, month, day, hour, minute, second)]
        micro = int((fraction or "").ljust(7, "0")[:6])
        return datetime(*numbers, microsecond=micro, tzinfo=zone)  # type: ignore[misc, arg-type]  # six numbers
    except ValueError:
        return None


def _piece(moment: datetime, match: re.Match[str]) -> str:
    if match["run"]:
        return _field(moment, match["letter"], len(match["run"]))
    if match["single"]:
        return _field(moment, match["single"], 1)
    if match["bad"]:
        raise ValueError(f"the date format has a {match['bad']} without what must follow it")
    if match["quote"]:
        return re.sub(r"\\(.)", r"\1", match["quoted"], flags=re.DOTALL)
    return match["escaped"] or match["other"]


def _field(moment: datetime, letter: str, count: int) -> str:
    return _FIELDS[letter](moment, count)


def _year(moment: datetime, count: int) -> str:
    return f"{moment.year % 100 if count <= 2 else moment.year:0{count}d}"  # noqa: PLR2004


def _month(moment: datetime, count: int) -> str:
    return _named(moment.month, count, _MONTHS[moment.month - 1])


def _day(moment: datetime, count: int) -> str:
    return _named(moment.day, count, _DAYS[moment.weekday()])


def _named(number: int, count: int, name: str) -> str:
    if count <= 2:  # noqa: PLR2004
        return f"{number:0{count}d}"
    return name[:3] if count == 3 else name  # noqa: PLR2004


def _padded(number: int, count: int) -> str:
    return f"{number:0{min(count, 2)}d}"


def _fraction(moment: datetime, count: int) -> str:
    if count > 7:  # noqa: PLR2004
        raise ValueError("a date format has at most seven f")
    return f"{moment.microsecond:06d}0"[:count]


def _designator(moment: datetime, count: int) -> str:
    return ("AM" if moment.hour < 12 else "PM")[:count]  # noqa: PLR2004


def _offset(moment: datetime, count: int) -> str:
    minutes = round((moment.utcoffset() or timedelta()).total_seconds() / 60)
    sign, minutes = ("-", -minutes) if minutes < 0 else ("+", minutes)
    hours = f"{sign}{minutes // 60:0{min(count, 2)}d}"
    return f"{hours}:{minutes % 60:02d}" if count >= 3 else hours  # noqa: PLR2004


_FIELDS: dict[str, Callable[[datetime, int], str]] = {
    "y": _year,
    "M": _month,
    "d": _day,
    "H": lambda moment, count: _padded(moment.hour, count),
    "h": lambda moment, count: _padded(moment.hour % 12 or 12, count),
    "m": lambda moment, count: _padded(moment.minute, count),
    "s": lambda moment, count: _padded(moment.second, count),
    "f": _fraction,
    "F": lambda moment, count: _fraction(moment, count).rstrip("0"),
    "t": _designator,
    "z": _offset,
    "K": lambda moment, count: _offset(moment, 3) * count,
    "g": lambda _, __: "A.D.",
}
