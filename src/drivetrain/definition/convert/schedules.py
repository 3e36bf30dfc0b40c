"""`schedules`, and the five fields of `cron`.

https://learn.microsoft.com/azure/devops/pipelines/process/scheduled-triggers#cron-syntax
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.definition import schema
from drivetrain.definition.convert.trigger import ref_patterns
from drivetrain.definition.shape import boolean, fields, items, shown, string, text
from drivetrain.source.model import Schedule

if TYPE_CHECKING:
    from drivetrain.definition.problems import Problems
    from drivetrain.lang.tree import Node, Scalar


class _Field(Struct, frozen=True):
    title: str
    first: int
    last: int
    names: tuple[str, ...] = ()


_MONTHS = "january february march april may june july august september october november december"
_DAYS = "sunday monday tuesday wednesday thursday friday saturday"
CRON = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, tuple(_MONTHS.split())),
    _Field("day of the week", 0, 6, tuple(_DAYS.split())),
)
_SHORT = 3
_PART = re.compile(r"(?P<first>\*|[A-Za-z0-9]+)(-(?P<last>[A-Za-z0-9]+))?(/(?P<every>\d{1,4}))?\Z")


def convert_schedules(node: Node | None, problems: Problems) -> tuple[Schedule, ...]:
    """Every schedule of the file; one whose `cron` cannot be read is reported and left out."""
    found = (_schedule(item, problems) for item in items(node, "schedules", problems))
    return tuple(schedule for schedule in found if schedule is not None)


def _schedule(item: Node, problems: Problems) -> Schedule | None:
    found = fields(item, schema.SCHEDULE, problems)
    cron = text(found.get("cron"), "cron", problems)
    if "cron" not in found:
        hint = "write `- cron: '0 3 * * *'`"
        problems.error(item, "a schedule needs `cron`", code="missing-key", hint=hint)
    schedule = Schedule(
        cron.value if cron is not None else "",
        display_name=string(found.get("displayName"), "displayName", problems),
        branches=ref_patterns(found.get("branches"), "branches", problems),
        batch=boolean(found.get("batch"), "batch", problems, default=False),
        always=boolean(found.get("always"), "always", problems, default=False),
    )
    return schedule if cron is not None and _is_cron(cron, problems) else None


def _is_cron(cron: Scalar, problems: Problems) -> bool:
    """Whether all five fields can be read."""
    wrong = cron_problem(cron.value)
    if wrong:
        message = f"Error while validating cron input. Improperly formed cron syntax: '{shown(cron.value)}'."
        problems.error(cron, message, code="wrong-value", hint=wrong)
    return not wrong


def cron_problem(cron: str) -> str:
    """What is wrong with a cron expression, in words; empty when nothing is."""
    words = cron.split()
    if len(words) != len(CRON):
        return f"it has {len(words)} fields, not five: minute, hour, day of the month, month, day of the week"
    for word, field in zip(words, CRON, strict=True):
        for part in word.split(","):
            if not _fits(part, field):
                return f"the {field.title} cannot be '{shown(part)}': {field.first}-{field.last}, *, a-b, */n or a,b"
    return ""


def _fits(part: str, field: _Field) -> bool:
    match = _PART.match(part)
    if match is None or match["every"] == "0" * len(match["every"] or " "):
        return False
    if match["first"] == "*":
        return match["last"] is None
    return all(_number(word, field) is not None for word in (match["first"], match["last"]) if word is not None)


def _number(word: str, field: _Field) -> int | None:
    """What a number or a name of a month or day stands for."""
    if word.isdigit():
        number = int(word[:9])
        return number if field.first <= number <= field.last else None
    if len(word) < _SHORT:
        return None
    return next((field.first + at for at, name in enumerate(field.names) if name.startswith(word.lower())), None)
