"""Logging commands: `##vso[area.event name=value;...]data` in a step's output.

https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "##vso["
_ESCAPES = (("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"))
_PERCENT = "%AZP25"


class LoggingCommand(NamedTuple):
    """One command, unescaped. Names are lower case."""

    area: str
    event: str
    properties: dict[str, str]
    data: str

    def flag(self, name: str) -> bool:
        """Whether a property is `true`, in any case."""
        return self.properties.get(name, "").strip().lower() == "true"


def parse_command(line: str, *, percents: bool = True) -> LoggingCommand | None:
    """The command in a line, wherever in it it stands; None when it is not well-formed. `percents`: read `%AZP25` as
    `%`, which the variable DECODE_PERCENTS can turn off.
    """
    start = line.find(PREFIX)
    end = line.find("]", start)
    if start < 0 or end < 0:
        return None
    name, _, properties = line[start + len(PREFIX) : end].partition(" ")
    area_event = [part for part in name.split(".") if part]
    if len(area_event) != 2:  # noqa: PLR2004 - an area and an event
        return None
    area, event = area_event
    data = unescape(line[end + 1 :], percents=percents)
    return LoggingCommand(area.lower(), event.lower(), dict(_properties(properties, percents=percents)), data)


def _properties(text: str, *, percents: bool) -> Iterator[tuple[str, str]]:
    """As the agent splits them: blanks count, also in a name, and empty parts do not."""
    for part in text.split(";"):
        name, _, value = part.lstrip("=").partition("=")
        value = value.lstrip("=")
        if value:
            yield name.lower(), unescape(value, percents=percents)


def unescape(text: str, *, percents: bool = True) -> str:
    """What the scripts escaped: `;` `]` and line breaks first, `%` last."""
    if "%" not in text:
        return text
    for escaped, plain in _ESCAPES:
        text = text.replace(escaped, plain)
    return text.replace(_PERCENT, "%") if percents else text
