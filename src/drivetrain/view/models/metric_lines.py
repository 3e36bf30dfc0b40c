"""The metrics of a model over its versions, as lines. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.view.web import present

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.registry.versions.model import ModelVersion

WIDTH, HEIGHT = 600.0, 100.0


class Dot(Struct, frozen=True):
    """One version on the line of a metric."""

    version: str
    x: float
    y: float
    words: str


class MetricLine(Struct, frozen=True):
    """A metric over the versions of a model, the oldest first."""

    name: str
    dots: Sequence[Dot]
    path: str
    top: str
    bottom: str
    last: str


def metric_lines(versions: Sequence[ModelVersion], most: int = 6, newest: int = 60) -> list[MetricLine]:
    """The metrics that most versions have, as lines; `versions` are the newest first."""
    ordered = list(reversed(versions[:newest]))
    counts = {name: sum(name in each.metrics for each in ordered) for each in ordered for name in each.metrics}
    names = sorted(counts, key=lambda name: (-counts[name], name))[:most]
    return [line for name in sorted(names) if (line := _line(name, ordered)) is not None]


def _line(name: str, versions: Sequence[ModelVersion]) -> MetricLine | None:
    known = [(number, each, each.metrics[name]) for number, each in enumerate(versions) if _finite(each, name)]
    if not known:
        return None
    values = [value for *_, value in known]
    low, high = min(values), max(values)
    room = (high - low) or abs(high) or 1.0
    low, high = low - room * 0.08, high + room * 0.08
    step = WIDTH / max(1, len(versions) - 1)
    dots = [
        Dot(
            each.version,
            round(number * step if len(versions) > 1 else WIDTH / 2, 1),
            round(HEIGHT - HEIGHT * (value - low) / (high - low), 1),
            f"version {each.version}: {present.number(value)}",
        )
        for number, each, value in known
    ]
    path = " ".join(f"{'L' if number else 'M'}{dot.x:g} {dot.y:g}" for number, dot in enumerate(dots))
    return MetricLine(name, dots, path, present.number(high), present.number(low), present.number(values[-1]))


def _finite(version: ModelVersion, name: str) -> bool:
    return math.isfinite(version.metrics.get(name, math.nan))
