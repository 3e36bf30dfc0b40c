"""What a format's reader gives for each test, as the report has it; and how reports write numbers."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from drivetrain.run.reports.model import CaseOutcome

_SPAN = re.compile(r"(-)?(?:(\d+)[.:])?(\d+):(\d+):(\d+(?:\.\d+)?)")
LONGEST_SECONDS = 1e9


class Case(NamedTuple):
    """One test in a report."""

    storage: str
    name: str
    title: str
    outcome: CaseOutcome
    seconds: float = 0.0
    message: str = ""
    stack: str = ""
    output: str = ""


def seconds(text: str) -> float:
    """`1.5`, `1,234.5`: seconds; 0 for what is no such number."""
    try:
        number = float(text.replace(",", ""))
    except ValueError:
        return 0.0
    return number if math.isfinite(number) and 0 <= number < LONGEST_SECONDS else 0.0


def span(text: str) -> float:
    """`[d.]hh:mm:ss[.fffffff]` in seconds, as .NET writes a TimeSpan; 0 for what is none."""
    found = _SPAN.fullmatch(text.strip())
    if found is None or found[1]:
        return 0.0
    days, hours, minutes = (int(part or 0) for part in found.groups()[1:4])
    return seconds(str(((days * 24 + hours) * 60 + minutes) * 60 + float(found[5])))


def base_name(path: str) -> str:
    """The last part of a path of any system."""
    return path.replace("\\", "/").rpartition("/")[2]
