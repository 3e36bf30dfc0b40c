"""Versions of a model side by side, and their metrics over time. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.view.answers.metrics import Direction
from drivetrain.view.models.beside import direction_between
from drivetrain.view.web import present

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from drivetrain.registry.gates.model import Verdict
    from drivetrain.registry.versions.model import ModelVersion

MOST_ROWS = 100
WIDTH, HEIGHT = 600.0, 100.0


class Row(Struct, frozen=True):
    """One name, and its value in both versions."""

    name: str
    left: str
    right: str
    change: str = ""
    better: bool | None = None
    """Whether the second is better; None when that cannot be said, or both are the same."""
    differs: bool = False


class Part(Struct, frozen=True):
    """Rows of one kind."""

    title: str
    rows: Sequence[Row]
    left_out: int = 0


def side_by_side(left: ModelVersion, right: ModelVersion) -> list[Part]:
    """All that is known of two versions; what differs comes first."""
    parts = [
        Part("Metrics", [_metric(name, left, right) for name in _names(left.metrics, right.metrics)]),
        _texts("Parameters", left.params, right.params),
        _texts("Where it comes from", _facts(left), _facts(right)),
        _texts("Packages", left.packages, right.packages),
    ]
    return [_shortened(part) for part in parts if part.rows]


def _names(*found: Iterable[str]) -> list[str]:
    return sorted({name for each in found for name in each})


def _metric(name: str, left: ModelVersion, right: ModelVersion) -> Row:
    a, b = left.metrics.get(name), right.metrics.get(name)
    left_word, right_word = (present.number(value) if value is not None else "–" for value in (a, b))  # noqa: RUF001
    if a is None or b is None or not (math.isfinite(a) and math.isfinite(b)):
        return Row(name, left_word, right_word, differs=a != b)
    change = f"{'+' if b > a else ''}{present.number(b - a)}" if a != b else ""
    if a and a != b:
        change += f" ({(b - a) / abs(a) * 100:+.1f} %)".replace("-", "−")  # noqa: RUF001 - a real minus
    way = direction_between(name, left, right)
    better = None if way is Direction.UNKNOWN or a == b else (b > a) is (way is Direction.HIGHER)
    return Row(name, left_word, right_word, change, better, a != b)


def _texts(title: str, left: Mapping[str, str], right: Mapping[str, str]) -> Part:
    rows = []
    for name in _names(left, right):
        a, b = left.get(name, ""), right.get(name, "")
        rows.append(Row(name, a or "–", b or "–", differs=a != b))  # noqa: RUF001 - a dash is meant
    return Part(title, rows)


def _facts(version: ModelVersion) -> dict[str, str]:
    facts = {
        "Commit": version.commit[:12] + (" with changes" if version.dirty else ""),
        "Branch": version.branch,
        "Run": version.run_number,
        "Size": present.size(version.size) if version.size else "",
        "Digest": version.digest,
        "Python": version.python,
        "Flavors": ", ".join(version.flavors),
    }
    facts |= {f"Data {each.name}": each.digest for each in version.data}
    return {name: value for name, value in facts.items() if value}


def _shortened(part: Part) -> Part:
    ordered = sorted(part.rows, key=lambda row: not row.differs)
    return Part(part.title, ordered[:MOST_ROWS], max(0, len(ordered) - MOST_ROWS))


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


def verdict_words(verdict: Verdict) -> str:
    """Why a gate has said so: the comparisons that failed."""
    failed = [each for each in verdict.findings if not each.passed]
    return "; ".join(f"{each.rule}: {each.reason or each.outcome}" for each in failed[:5])[:600]
