"""Lines of a log as views show them: kind, time, spans."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.view.logs import ansi
from drivetrain.view.logs.visible import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.view.ports import LogLine, LogText

MAX_LINES = 2000
"""In one window."""
MAX_CHARACTERS = 8000
"""Of one line; the rest is in the raw log."""


class Kind(StrEnum):
    """What a line is, by the marker that it starts with.

    https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands#formatting-commands
    """

    PLAIN = "plain"
    GROUP = "group"
    ENDGROUP = "endgroup"
    SECTION = "section"
    COMMAND = "command"
    WARNING = "warning"
    ERROR = "error"
    DEBUG = "debug"


_MARKER = re.compile(r"##\[(group|endgroup|section|command|warning|error|debug)\]", re.IGNORECASE)


class ShownLine(Struct, frozen=True):
    """One line, ready to be shown. `number` counts from 1."""

    number: int
    kind: Kind
    time_ms: int | None
    spans: Sequence[ansi.Span]


class Window(Struct, frozen=True):
    """Some lines of a log, and how long it is by now."""

    start: int
    total: int
    size: int
    lines: Sequence[ShownLine]


def show(number: int, line: LogLine) -> ShownLine:
    """Take off the marker, obey colours, make the rest visible."""
    text, cut = _shorten(_last_written(line.text))
    marker = _MARKER.match(text)
    kind = Kind(marker[1].lower()) if marker else Kind.PLAIN
    body = text[marker.end() :] if marker else text
    shown = [ansi.Span(visible(span.text), span.style) for span in ansi.spans(body)]
    if cut:
        shown.append(ansi.Span(f" [{cut:,} more characters in the raw log]", "dim"))
    return ShownLine(number, kind, line.time_ms, shown)


def window(log: LogText, start: int, count: int) -> Window:
    """Lines from `start` (counted from 1). A negative `start` counts from the end: -100 is the last hundred."""
    total, size = log.line_count(), log.size
    first = max(1, total + 1 + start) if start < 0 else max(1, start)
    lines = log.lines(first, max(0, min(count, MAX_LINES, total - first + 1)))
    return Window(first, total, size, [show(first + i, line) for i, line in enumerate(lines)])


def _last_written(text: str) -> str:
    # A progress bar goes back to the line's start again and again; a terminal shows what was written last.
    text = text.rstrip("\r\n")
    return text.rpartition("\r")[2] if "\r" in text else text


def _shorten(text: str) -> tuple[str, int]:
    cut = max(0, len(text) - MAX_CHARACTERS)
    return (text[:MAX_CHARACTERS] if cut else text), cut
