"""Logging commands: `##vso[area.event name=value;...]data` in a step's output.

https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands
"""

from __future__ import annotations

from typing import NamedTuple

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


def parse_command(line: str) -> LoggingCommand | None:
    """The command in a line, wherever in it it stands; None when it is not well-formed."""
    start = line.find(PREFIX)
    end = line.find("]", start)
    if start < 0 or end < 0:
        return None
    name, _, properties = line[start + len(PREFIX) : end].partition(" ")
    area_event = [part for part in name.split(".") if part]
    if len(area_event) != 2:  # noqa: PLR2004 - an area and an event
        return None
    area, event = area_event
    return LoggingCommand(area.lower(), event.lower(), _properties(properties), unescape(line[end + 1 :]))


def _properties(text: str) -> dict[str, str]:
    found = {}
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        if equals and name.strip() and value:
            found[name.strip().lower()] = unescape(value)
    return found


def unescape(text: str) -> str:
    """What the scripts escaped: `;` `]` and line breaks first, `%` last."""
    if "%" not in text:
        return text
    for escaped, plain in _ESCAPES:
        text = text.replace(escaped, plain)
    return text.replace(_PERCENT, "%")
