"""How results and coverage are said, on pages and on a terminal. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.run.reports.model import CaseOutcome, Measure
from drivetrain.view.web.present import duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.run.reports.model import Counts, FileCoverage
    from drivetrain.view.reports.ports import History

OUTCOMES = {
    CaseOutcome.PASSED: ("succeeded", "Passed"),
    CaseOutcome.FAILED: ("failed", "Failed"),
    CaseOutcome.INCONCLUSIVE: ("issues", "Inconclusive"),
    CaseOutcome.NOT_EXECUTED: ("skipped", "Not executed"),
}
"""Outcome -> icon (also a class name) and word."""
MOST_RANGES = 200
MARGIN = 0.005
"""Percent that would be shown as no change."""


def counted(counts: Counts) -> str:
    """`12 tests: 1 failed, 10 passed, 1 skipped`."""
    words = [f"{counts.failed:,} failed"] if counts.failed else []
    words += [f"{counts.passed:,} passed"] if counts.passed else []
    words += [f"{counts.skipped:,} skipped"] if counts.skipped else []
    return f"{counts.total:,} test{'' if counts.total == 1 else 's'}: {', '.join(words) or 'none ran'}"


def took(seconds: float) -> str:
    """`0 ms`, `120 ms`, `1.4s`, `3m 05s`: most tests are quick."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else duration(seconds)


def percent(measure: Measure) -> str:
    """`83.3%`, never 100.0% when a line is missing; a dash when there is nothing to cover."""
    if measure.percent is None:
        return "\N{EN DASH}"
    shown = min(measure.percent, 99.9) if measure.covered < measure.total else 100.0
    return f"{shown:.1f}%"


def change(now: Measure, before: Measure) -> str:
    """`+1.2%`, `-0.4%`, `±0%` in points of a hundred; empty when there is nothing to compare with."""
    if now.percent is None or before.percent is None:
        return ""
    points = now.percent - before.percent
    if abs(points) < MARGIN:
        return "±0%"
    return f"{points:+.2f}%".replace("-", "\N{MINUS SIGN}")


def direction(now: Measure, before: Measure) -> str:
    """`up`, `down`, or empty."""
    text = change(now, before)
    return "" if text in {"", "±0%"} else "up" if text.startswith("+") else "down"


def told(history: History) -> list[tuple[str, str]]:
    """(kind, words) of what is remarkable about a test: `new`, `since`, `fixed`, `flaky`."""
    found = []
    if history.new:
        found.append(("new", "new"))
    elif history.since is not None and history.streak > 1:
        found.append(("since", f"failing since #{history.since.number}, {history.streak} runs"))
    if history.fixed:
        found.append(("fixed", "fixed"))
    if history.flaky:
        found.append(("flaky", "flaky"))
    return found


def missing(file: FileCoverage) -> str:
    """The lines that no test ran through: `3, 7-9, 20`. Lines in between that cannot be covered do not part a range."""
    if not file.known:
        return ""
    known, hit = int(file.known, 16), int(file.hit or "0", 16)
    ranges: list[tuple[int, int]] = []
    beginning = last = 0
    for number in _bits(known):
        if hit >> number & 1:
            if beginning:
                ranges.append((beginning, last))
            beginning = 0
        else:
            beginning, last = beginning or number, number
    if beginning:
        ranges.append((beginning, last))
    shown = ", ".join(str(one) if one == end else f"{one}-{end}" for one, end in ranges[:MOST_RANGES])
    return shown + (", ..." if len(ranges) > MOST_RANGES else "")


def _bits(digits: int) -> list[int]:
    return [number for number, bit in enumerate(reversed(f"{digits:b}")) if bit == "1"]


class FileRow(Struct, frozen=True):
    """A source file beside what it was in the run before."""

    file: FileCoverage
    before: Measure
    """Its lines; empty when it was not there."""
    new: bool
    """It was not there, and others were."""


class FileTable(Struct, frozen=True):
    """Source files as a page lists them."""

    rows: Sequence[FileRow]
    left_out: int


def file_table(files: Sequence[FileCoverage], before: Sequence[FileCoverage], *, limit: int, sort: str) -> FileTable:
    """The files, by `path`, by lines that are `missing`, by `coverage` or by its `change`."""
    earlier = {file.path: file.lines for file in before}
    rows = [
        FileRow(file, earlier.get(file.path, Measure()), bool(earlier) and file.path not in earlier) for file in files
    ]
    orders = {
        "missing": lambda row: (row.file.lines.covered - row.file.lines.total, row.file.path),
        "coverage": lambda row: (_ratio(row.file.lines), row.file.path),
        "change": lambda row: (_ratio(row.file.lines) - _ratio(row.before) if row.before.total else 0, row.file.path),
    }
    rows.sort(key=orders.get(sort, lambda row: row.file.path))
    return FileTable(rows[:limit], max(0, len(rows) - limit))


def _ratio(measure: Measure) -> float:
    return 100.0 if measure.percent is None else measure.percent
