"""Measures by minute as lines of an SVG, with no library and no script: requests, errors and latency. Pure.

The drawing is stretched to its box; what is written beside it is HTML. static/figures.js draws the same of what happens
now.
"""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.clock import parse_timestamp
from drivetrain.view.serving.figures import added, figures

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from drivetrain.serve.measures.model import Minute
    from drivetrain.serve.model import Tally
    from drivetrain.view.serving.figures import Figures

WIDTH, HEIGHT = 600.0, 100.0
TONES = 6
"""So many colours there are for deployments; the next one has the first again, and its name."""


class Span(Struct, frozen=True):
    """A time that charts can show."""

    name: str
    words: str
    minutes: int
    bin: int
    """Minutes that one dot stands for."""


SPANS = (Span("hour", "1 hour", 60, 1), Span("day", "24 hours", 1440, 15), Span("week", "7 days", 10080, 120))


class Line(Struct, frozen=True):
    """One line of a chart."""

    name: str
    tone: int
    kind: str
    """`p50`, `p99` are drawn thinner; empty for the plain one."""
    path: str
    last: float | None


class Chart(Struct, frozen=True):
    """A chart with what its edges stand for."""

    name: str
    unit: str
    top: float
    lines: Sequence[Line]


class Measured(Struct, frozen=True):
    """What was measured of deployments, in equal bins."""

    span: Span
    begin: str
    bins: int
    deployments: Mapping[str, Sequence[Tally | None]]


def measured(minutes: Sequence[Minute], span: Span, now: datetime) -> Measured:
    """Minutes in bins that end with the one that has just passed."""
    end = now.replace(second=0, microsecond=0)
    begin = end - timedelta(minutes=span.minutes)
    count = span.minutes // span.bin
    grouped: dict[str, dict[int, list[Tally]]] = defaultdict(lambda: defaultdict(list))
    for each in minutes:
        index = int((parse_timestamp(each.at) - begin).total_seconds() // 60) // span.bin
        if 0 <= index < count:
            grouped[each.deployment][index].append(each.tally)
    found = {
        name: [added(bins[index]) if index in bins else None for index in range(count)]
        for name, bins in sorted(grouped.items())
    }
    return Measured(span, begin.isoformat(), count, found)


def charts(found: Measured) -> list[Chart]:
    """Requests, errors and latency of every deployment."""
    seconds = found.span.bin * 60.0
    rates: list[tuple[str, Callable[[Figures], float | None]]] = [("", lambda each: each.per_second)]
    errors: list[tuple[str, Callable[[Figures], float | None]]] = [
        ("", lambda each: None if each.errors is None else each.errors * 100)
    ]
    latency: list[tuple[str, Callable[[Figures], float | None]]] = [
        ("p50", lambda each: _milliseconds(each.p50)),
        ("", lambda each: _milliseconds(each.p95)),
        ("p99", lambda each: _milliseconds(each.p99)),
    ]
    return [
        _chart("Requests", "/s", found, seconds, rates, least=1.0),
        _chart("Errors", "%", found, seconds, errors, least=1.0),
        _chart("Latency", "ms", found, seconds, latency, least=1.0),
    ]


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1000


def _chart(
    name: str,
    unit: str,
    found: Measured,
    seconds: float,
    kinds: Sequence[tuple[str, Callable[[Figures], float | None]]],
    *,
    least: float,
) -> Chart:
    values = [
        (deployment, tone % TONES, kind, [None if each is None else take(figures(each, seconds)) for each in tallies])
        for tone, (deployment, tallies) in enumerate(found.deployments.items())
        for kind, take in kinds
    ]
    top = nice(max([least, *(value for *_, row in values for value in row if value is not None)]))
    lines = [Line(deployment, tone, kind, path(row, top), _last(row)) for deployment, tone, kind, row in values]
    return Chart(name, unit, top, lines)


def nice(value: float) -> float:
    """The next number that reads well as the edge of a chart: 1, 2, 2.5 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value)) if value > 0 else 1.0
    return next(power * each for each in (1, 2, 2.5, 5, 10) if power * each >= value * 0.999)


def path(values: Sequence[float | None], top: float) -> str:
    """The `d` of an SVG path from 0 to `top`, broken where there is nothing."""
    step = WIDTH / max(1, len(values) - 1)
    words, pen = [], "M"
    for number, value in enumerate(values):
        if value is None:
            pen = "M"
            continue
        words.append(f"{pen}{number * step:.1f} {HEIGHT - HEIGHT * min(value, top) / top:.1f}")
        # A dot alone is a line of no length: round ends make it seen.
        if pen == "M" and (number + 1 == len(values) or values[number + 1] is None):
            words.append("h0")
        pen = "L"
    return "".join(words)


def _last(values: Sequence[float | None]) -> float | None:
    return next((value for value in reversed(values) if value is not None), None)


def spark(minutes: Sequence[Minute], now: datetime) -> str:
    """The requests of the last hour as one small line, all deployments together; empty when there were none."""
    found = measured(minutes, SPANS[0], now)
    if not found.deployments:
        return ""
    columns = list(zip(*found.deployments.values(), strict=True))
    total: list[float | None] = [float(added(each for each in column if each).requests) for column in columns]
    if not any(columns[-1]):
        total[-1] = None  # the minute that has just passed may not be written down yet
    return path(total, max(1.0, *(each for each in total if each is not None)) * 1.1)
