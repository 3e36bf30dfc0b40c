"""How the command line prints: colour and tables on a terminal, plain aligned text in a pipe, JSON when asked."""

from __future__ import annotations

import shutil
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click
import msgspec

from drivetrain.clock import parse_timestamp
from drivetrain.run.model import Result, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.run.model import Run

MINUTE = 60
HOUR = 3600
DAY = 86400
WEEK = 7 * DAY
SHORT_SHA = 8
MIN_COLUMN = 8

WAITING = "waiting"

MARKS: dict[str, tuple[str, str]] = {
    Result.SUCCEEDED: ("✓", "green"),
    Result.SUCCEEDED_WITH_ISSUES: ("!", "yellow"),
    Result.FAILED: ("✗", "red"),
    Result.CANCELED: ("■", "magenta"),
    Result.SKIPPED: ("-", "bright_black"),
    State.RUNNING: ("▶", "blue"),
    State.PENDING: ("·", "bright_black"),
    WAITING: ("…", "yellow"),
}


def emit_json(value: object) -> None:
    """Print a value (dataclasses too) as indented JSON."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def status(state: State, result: Result | None) -> str:
    """The result's name, or the state's while there is none."""
    return str(result or state)


def run_status(run: Run) -> str:
    """What people read of a run in a word: one that waits for somebody, or for checks, does not say `running`."""
    return WAITING if run.waiting else status(run.state, run.result)


def mark(word: str) -> str:
    """The coloured sign of a state or result."""
    sign, colour = MARKS.get(word, ("?", "white"))
    return click.style(sign, fg=colour)


def coloured(word: str) -> str:
    """A state or result with its sign, in its colour."""
    sign, colour = MARKS.get(word, ("?", "white"))
    return click.style(f"{sign} {word}", fg=colour)


def duration(seconds: float | None) -> str:
    """A length of time in two figures: 1.4s, 32s, 3m 05s, 2h 10m."""
    if seconds is None:
        return ""
    if seconds < 10:  # noqa: PLR2004 - one digit before the point leaves room for one behind it
        return f"{seconds:.1f}s"
    if seconds < MINUTE:
        return f"{seconds:.0f}s"
    if seconds < HOUR:
        return f"{int(seconds // MINUTE)}m {int(seconds % MINUTE):02d}s"
    return f"{int(seconds // HOUR)}h {int(seconds % HOUR // MINUTE):02d}m"


def elapsed(started_at: str, finished_at: str) -> float | None:
    """Seconds between two timestamps; until now while the second is empty; None before the start."""
    if not started_at:
        return None
    end = parse_timestamp(finished_at) if finished_at else datetime.now(UTC)
    return max(0.0, (end - parse_timestamp(started_at)).total_seconds())


def ago(timestamp: str) -> str:
    """How long ago, for people: just now, 5 min ago, 3 h ago, 2 days ago, then the date."""
    if not timestamp:
        return ""
    seconds = (datetime.now(UTC) - parse_timestamp(timestamp)).total_seconds()
    if seconds < MINUTE:
        return "just now"
    if seconds < HOUR:
        return f"{seconds // MINUTE:.0f} min ago"
    if seconds < DAY:
        return f"{seconds // HOUR:.0f} h ago"
    if seconds < WEEK:
        return f"{seconds // DAY:.0f} d ago"
    return timestamp[:10]


def short_ref(ref: str) -> str:
    """A ref as people say it: `main` for `refs/heads/main`."""
    return ref.removeprefix("refs/heads/").removeprefix("refs/")


def printable(text: str) -> str:
    """One line of somebody else's text, with control characters taken out: a commit message cannot move the cursor."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def headline(text: str) -> str:
    """The first line of somebody else's text, for a place that has one line."""
    return printable(text.partition("\n")[0])


def table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print aligned columns. On a terminal the last one is cut to the width; in a pipe nothing is cut."""
    widths = [max(len(click.unstyle(row[column])) for row in (headers, *rows)) for column in range(len(headers))]
    room = shutil.get_terminal_size().columns - sum(widths[:-1]) - 2 * (len(widths) - 1)
    click.echo(click.style(_line(headers, widths), bold=True).rstrip())
    for row in rows:
        last = _cut(row[-1], room) if is_terminal() else row[-1]
        click.echo(_line([*row[:-1], last], widths).rstrip())


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [cell + " " * (width - len(click.unstyle(cell))) for cell, width in zip(cells, widths, strict=True)]
    return "  ".join(padded)


def _cut(cell: str, room: int) -> str:
    plain = click.unstyle(cell)
    if len(plain) <= room or room < MIN_COLUMN:
        return cell
    return plain[: room - 1] + "…"


def is_terminal() -> bool:
    """Whether a person is looking at standard output."""
    return sys.stdout.isatty()
