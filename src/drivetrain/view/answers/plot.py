"""A picture of metrics: over the last good runs of the target branch, and in this run. Pure; an SVG without scripts.

It is shown by hosts as an image: no style of a page reaches it, so it brings its own for light and dark, and the ground
that it stands on.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from msgspec import Struct

from drivetrain.view.answers.markdown import plain
from drivetrain.view.answers.metrics import beside, paired
from drivetrain.view.web.present import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.view.answers.metrics import Beside
    from drivetrain.view.answers.story import Results, Story

MOST = 4
"""Metrics that are drawn: those that changed come first."""
RUNS = 20
WIDTH, PANEL, TOP = 680.0, 84.0, 44.0
LEFT, RIGHT, PAD = 20.0, 170.0, 14.0
"""Of a panel: beside the line, and above and below it."""
_STYLE = """
svg { --ground: #ffffff; --edge: #d7dbe2; --ink: #191c22; --quiet: #58616f; --line: #8a94a6;
  --better: #187a3a; --worse: #c02d3c; --plain: #1263b8;
  font: 13px ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
@media (prefers-color-scheme: dark) { svg { --ground: #16191f; --edge: #3b424e; --ink: #e6e9ef; --quiet: #9aa4b4;
  --line: #6d7788; --better: #4fc474; --worse: #ff8080; --plain: #6cb2ff; } }
.ground { fill: var(--ground); stroke: var(--edge); } .name, .now { fill: var(--ink); font-weight: 600; }
.quiet { fill: var(--quiet); font-size: 12px; } .line { fill: none; stroke: var(--line); stroke-width: 1.5; }
.then { fill: var(--ground); stroke: var(--line); stroke-width: 1.5; }
.level { stroke: var(--edge); stroke-dasharray: 3 4; }
.step { fill: none; stroke-width: 1.5; stroke-dasharray: 2 3; } .dot { stroke: var(--ground); stroke-width: 2; }
.better { --mark: var(--better); } .worse { --mark: var(--worse); } .none, .same { --mark: var(--plain); }
.dot { fill: var(--mark); } .step { stroke: var(--mark); }
.mark { fill: var(--mark); font-weight: 600; font-size: 12px; }
"""


class Panel(Struct, frozen=True):
    """One metric: earlier values, oldest first, and that of this run."""

    metric: Beside
    earlier: Sequence[float]


def panels(story: Story, history: Sequence[Results]) -> list[Panel]:
    """What is drawn: the metrics of the first training run. `history` are good runs of the target, oldest first."""
    then = history[-1].training if history else ()
    pairs = [(now, before) for now, before in paired(story.results.training, then) if now.metrics]
    if not pairs:
        return []
    now, before = pairs[0]
    metrics = [each for each in beside(now, before) if math.isfinite(each.now)]
    return [Panel(each, _earlier(story, history, each.name)) for each in metrics[:MOST]]


def _earlier(story: Story, history: Sequence[Results], name: str) -> list[float]:
    found = []
    for each in history[-RUNS:]:
        _, then = paired(story.results.training, each.training)[0]
        value = then.metrics.get(name) if then else None
        if value is not None and math.isfinite(value):
            found.append(value)
    return found


def plot(story: Story, history: Sequence[Results]) -> str:
    """The picture; empty when there is nothing to draw."""
    drawn = panels(story, history)
    if not any(each.earlier for each in drawn):
        return ""
    height = TOP + PANEL * len(drawn)
    head = f"run {plain(story.run.number, 30)} beside the last good runs of {plain(story.target, 30)}"
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH:g}" height="{height:g}" '
        f'viewBox="0 0 {WIDTH:g} {height:g}" role="img" aria-label="{_text(_words(drawn))}">'
    )
    parts = [
        opening,
        f"<style>{_STYLE}</style>",
        f'<rect class="ground" x=".5" y=".5" width="{WIDTH - 1:g}" height="{height - 1:g}" rx="9.5"/>',
        f'<text class="quiet" x="{LEFT:g}" y="26">{_text(head)}</text>',
        *(_panel(each, TOP + PANEL * place) for place, each in enumerate(drawn)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _text(text: str) -> str:
    return escape(text, {'"': "&quot;"})


def _words(drawn: Sequence[Panel]) -> str:
    """What the picture shows, for who cannot see it."""
    return "; ".join(
        f"{plain(each.metric.name, 40)} {number(each.metric.now)} {each.metric.mark}".rstrip() for each in drawn
    )


def _panel(panel: Panel, top: float) -> str:
    metric = panel.metric
    width, height = WIDTH - LEFT - RIGHT, PANEL - 2 * PAD - 16
    values = [*panel.earlier, metric.now]
    points = _points(values, LEFT, top + PAD + 12, width, height)
    kind = metric.mark or "none"
    parts = [
        f'<g class="{kind}">',
        f'<text class="name" x="{LEFT:g}" y="{top + 12:g}">{_text(plain(metric.name, 48))}</text>',
    ]
    if panel.earlier:
        last = points[-2]
        parts += [
            f'<line class="level" x1="{LEFT:g}" x2="{LEFT + width:g}" y1="{last[1]:g}" y2="{last[1]:g}"/>',
            f'<polyline class="line" points="{_joined(points[:-1])}"/>',
            f'<polyline class="step" points="{_joined(points[-2:])}"/>',
            *(f'<circle class="then" cx="{x:g}" cy="{y:g}" r="2.5"/>' for x, y in points[:-1]),
        ]
    x, y = points[-1]
    beside_it = LEFT + width + 16
    parts += [
        f'<circle class="dot" cx="{x:g}" cy="{y:g}" r="5"/>',
        f'<text class="now" x="{beside_it:g}" y="{top + 26:g}">{_text(number(metric.now))}</text>',
        f'<text class="mark" x="{beside_it:g}" y="{top + 43:g}">{metric.mark}</text>',
    ]
    if metric.then is not None:
        was = f"was {number(metric.then)}"
        parts.append(f'<text class="quiet" x="{beside_it:g}" y="{top + 60:g}">{_text(was)}</text>')
    return "\n".join([*parts, "</g>"])


def _points(values: Sequence[float], left: float, top: float, width: float, height: float) -> list[tuple[float, float]]:
    low, high = min(values), max(values)
    room = high / 2 - low / 2  # of halves, since the whole may be too large for a number
    step = width / max(len(values) - 1, 1)
    start = left if len(values) > 1 else left + width
    shares = [(value / 2 - low / 2) / room if room else 0.5 for value in values]
    return [
        (round(start + step * place, 1), round(top + height * (1 - share), 1)) for place, share in enumerate(shares)
    ]


def _joined(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in points)
