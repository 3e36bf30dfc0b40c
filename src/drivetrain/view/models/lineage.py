"""Lines from commits to what is live, as boxes and arrows of an SVG. Pure.

commit -> run -> training run -> version -> deployment
           data ----^
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.view.keys import key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.registry.versions.model import LineageNode

BOX_WIDTH, BOX_HEIGHT, GAP_X, GAP_Y = 184, 54, 36, 14
LONGEST = 19
MOST = 150
"""Boxes of one drawing."""
_COLUMNS = {"commit": 0, "run": 1, "data": 1, "training": 2, "version": 3, "deployment": 4}
_WORDS = {"commit": "Commit", "run": "Run", "data": "Data", "training": "Training run", "version": "Version"}


class Box(Struct, frozen=True):
    """One thing with its place, and a link to it where it has a page."""

    kind: str
    title: str
    """As much of it as a box has room for."""
    full: str
    href: str
    here: bool
    """It is the one that was asked for."""
    x: float
    y: float


class Graph(Struct, frozen=True):
    """Boxes and the arrows between them."""

    width: float
    height: float
    boxes: Sequence[Box]
    arrows: Sequence[str]
    """The `d` of each path."""
    left_out: int = 0


def graph(trees: Sequence[LineageNode], here: str = "") -> Graph:
    """Trees below each other. What is not known has no box; `here` is the id of what was asked for."""
    drawing = _Drawing(here)
    for tree in trees:
        drawing.place(tree)
    width = max((box.x + BOX_WIDTH for box in drawing.boxes), default=0.0)
    height = max(1, drawing.rows) * (BOX_HEIGHT + GAP_Y) - GAP_Y
    return Graph(width, height, drawing.boxes, drawing.arrows, drawing.left_out)


class _Drawing:
    """Gives every leaf the next row, and everything else the row of what came of it."""

    def __init__(self, here: str) -> None:
        self.boxes: list[Box] = []
        self.arrows: list[str] = []
        self.rows = 0
        self.left_out = 0
        self._here = here

    def place(self, node: LineageNode) -> list[Box]:
        """Place a node and its children; the boxes that its parent has an arrow to: itself, or what came of it when it
        is not known.
        """
        if len(self.boxes) >= MOST:
            self.left_out += 1
            return []
        data = [box for child in node.children if child.kind == "data" for box in self.place(child)]
        came = [box for child in node.children if child.kind != "data" for box in self.place(child)]
        if not node.id:
            return came
        box = self._box(node, came[0].y if came else self._next_row())
        self.boxes.append(box)
        self.arrows += [_arrow(each, box) for each in data] + [_arrow(box, each) for each in came]
        return [box]

    def _next_row(self) -> float:
        self.rows += 1
        return (self.rows - 1.0) * (BOX_HEIGHT + GAP_Y)

    def _box(self, node: LineageNode, y: float) -> Box:
        title, full = _title(node), f"{node.title} {node.note}".strip()[:500]
        x = float(_COLUMNS.get(node.kind, 0) * (BOX_WIDTH + GAP_X))
        return Box(_kind(node), shortened(title), full, _href(node), node.id == self._here, x, y)


def _kind(node: LineageNode) -> str:
    if node.kind != "deployment":
        return _WORDS.get(node.kind, node.kind)
    live, _, rest = node.note.partition(", ")
    return f"Live, {rest.partition(',')[0]}" if live == "live" else "Was live" if live == "was live" else "Deployed"


def _title(node: LineageNode) -> str:
    if node.kind == "commit":
        return node.id[:8] + (", changed" if "uncommitted" in node.note else "")
    if node.kind == "run":
        number = node.title.partition("(")[2].partition(")")[0]
        return f"#{number or node.id}"
    return node.id[:12] if node.kind == "training" else node.id


def _href(node: LineageNode) -> str:
    if node.kind == "commit":
        return f"/lineage?of={key(node.id).replace('~', '%')}"
    if node.kind == "run":
        return f"/runs/{node.id}" if node.id.isdecimal() else ""
    name, _, rest = node.id.rpartition(":" if node.kind == "version" else "/")
    if node.kind == "version":
        return f"/models/{key(name)}/versions/{key(rest)}"
    return f"/endpoints/{key(name)}" if node.kind == "deployment" else ""


def _arrow(left: Box, right: Box) -> str:
    x1, y1 = left.x + BOX_WIDTH, left.y + BOX_HEIGHT / 2
    x2, y2 = right.x, right.y + BOX_HEIGHT / 2
    middle = (x1 + x2) / 2
    return f"M{x1:g} {y1:g}C{middle:g} {y1:g} {middle:g} {y2:g} {x2 - 5:g} {y2:g}m-4 -4l5 4l-5 4"


def shortened(text: str) -> str:
    """As much of a text as a box has room for."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
