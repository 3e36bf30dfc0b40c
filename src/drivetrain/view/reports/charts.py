"""Charts of runs as numbers for an SVG: no library, no script. Pure.

Bars and lines share one width per run, so that charts below each other show the same run at the same place. The drawing
is stretched to its box; what is written beside it is HTML.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.view.reports.ports import RunPoint, TrendPoint

STEP = 10.0
"""Width of a run."""
GAP = 2.0
HEIGHT = 100.0
LEAST = 3.0
"""A bar's part is at least so high, or one failed test of a thousand would not be seen."""
FEWEST = 12
"""A chart of fewer runs has room for so many, or two bars would fill the page."""


class Part(Struct, frozen=True):
    """One part of a bar."""

    kind: str
    y: float
    height: float


class Bar(Struct, frozen=True):
    """One run."""

    run: RunPoint
    x: float
    parts: Sequence[Part]
    words: str


class Dot(Struct, frozen=True):
    """One run on a line."""

    run: RunPoint
    x: float
    y: float
    words: str


class Bars(Struct, frozen=True):
    """Passed, skipped and failed tests of runs."""

    width: float
    bars: Sequence[Bar]
    top: str
    """What the upper edge stands for."""


class Curve(Struct, frozen=True):
    """A number over runs."""

    width: float
    dots: Sequence[Dot]
    path: str
    """Of the line through the dots: the `d` of an SVG path."""


def width_of(points: Sequence[TrendPoint]) -> float:
    """The width of the drawing."""
    return STEP * max(FEWEST, len(points))


def bars(points: Sequence[TrendPoint]) -> Bars:
    """Tests as bars: failed ones on top."""
    most = max((each.counts.total for each in points if each.counts), default=0)
    found = []
    for number, each in enumerate(points):
        if each.counts is None or not most:
            continue
        counts = each.counts
        parts = [("passed", counts.passed), ("skipped", counts.skipped), ("failed", counts.failed)]
        words = f"{counts.failed} failed, {counts.passed} passed, {counts.skipped} skipped"
        found.append(Bar(each.run, STEP * number + GAP / 2, _stacked(parts, most), words))
    return Bars(width_of(points), found, f"{most:,}")


def _stacked(parts: Sequence[tuple[str, int]], most: int) -> list[Part]:
    heights = [max(LEAST, HEIGHT * count / most) if count else 0.0 for _, count in parts]
    over = max(0.0, sum(heights) - HEIGHT)
    largest = heights.index(max(heights))
    heights[largest] -= over
    found, y = [], HEIGHT
    for (kind, _), height in zip(parts, heights, strict=True):
        if height:
            y -= height
            found.append(Part(kind, round(y, 2), round(height, 2)))
    return found


def curve(
    points: Sequence[TrendPoint], values: Sequence[float | None], words: Sequence[str], *, low: float, high: float
) -> Curve:
    """A number as a line from `low` to `high`; runs without one are left out."""
    room = (high - low) or 1.0
    dots = [
        Dot(each.run, STEP * number + STEP / 2, round(HEIGHT - HEIGHT * (value - low) / room, 2), word)
        for number, (each, value, word) in enumerate(zip(points, values, words, strict=True))
        if value is not None
    ]
    path = " ".join(f"{'L' if number else 'M'}{dot.x:g} {dot.y:g}" for number, dot in enumerate(dots))
    return Curve(width_of(points), dots, path)
