"""Two versions of a model side by side, for a page. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.view.answers.metrics import Mark
from drivetrain.view.models.compare import compare
from drivetrain.view.web import present

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drivetrain.registry.versions.model import ModelVersion
    from drivetrain.view.models.compare import MetricBeside

MOST_ROWS = 100


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
    found = compare(left, right)
    parts = [
        Part("Metrics", [_metric(metric) for metric in found.metrics]),
        Part("Parameters", [_text(param.name, param.one or "", param.two or "") for param in found.params]),
        _texts("Where it comes from", _facts(left), _facts(right)),
        _texts("Packages", left.packages, right.packages),
    ]
    return [_shortened(part) for part in parts if part.rows]


def _metric(metric: MetricBeside) -> Row:
    a, b = metric.one, metric.two
    left, right = (present.number(value) if value is not None else "–" for value in (a, b))  # noqa: RUF001
    better = None if metric.mark not in {Mark.BETTER, Mark.WORSE} else metric.mark == Mark.BETTER
    return Row(metric.name, left, right, _change(a, b), better, a != b)


def _change(a: float | None, b: float | None) -> str:
    if a is None or b is None or a == b or not (math.isfinite(a) and math.isfinite(b)):
        return ""
    change = f"{'+' if b > a else ''}{present.number(b - a)}"
    if a:
        change += f" ({(b - a) / abs(a) * 100:+.1f} %)".replace("-", "−")  # noqa: RUF001 - a real minus
    return change


def _texts(title: str, left: Mapping[str, str], right: Mapping[str, str]) -> Part:
    return Part(title, [_text(name, left.get(name, ""), right.get(name, "")) for name in sorted({*left, *right})])


def _text(name: str, left: str, right: str) -> Row:
    return Row(name, left or "–", right or "–", differs=left != right)  # noqa: RUF001 - a dash is meant


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
