"""Where a version comes from and where it went, as boxes and arrows of an SVG: commit -> run -> training run -> version
-> deployments. Pure.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.view.keys import key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.registry.versions.model import ModelVersion

BOX_WIDTH, BOX_HEIGHT, GAP_X, GAP_Y = 184, 54, 36, 14
LONGEST = 19
MOST = 12
"""Boxes in one column; the rest is counted."""


class Box(Struct, frozen=True):
    """One thing, with a link to it where it has a page."""

    kind: str
    title: str
    full: str
    href: str = ""
    here: bool = False
    """It is the one that the graph is of."""


class Placed(Struct, frozen=True):
    """A box with its place."""

    box: Box
    x: float
    y: float


class Graph(Struct, frozen=True):
    """Boxes and the arrows between them."""

    width: float
    height: float
    boxes: Sequence[Placed]
    arrows: Sequence[str]
    """The `d` of each path."""


class Deployed(Struct, frozen=True):
    """A deployment that has, or had, a version."""

    endpoint: str
    deployment: str
    percent: int


def graph(version: ModelVersion, deployed: Sequence[Deployed], training_page: str = "") -> Graph:
    """The way of one version. What is not known has no box."""
    columns = [
        [*_source(version), *_data(version)],
        _runs(version),
        _training(version, training_page),
        [Box("Version", version.reference, version.reference, here=True)],
        _deployments(deployed),
    ]
    return _placed([column for column in columns if column])


def _source(version: ModelVersion) -> list[Box]:
    if not version.commit:
        return []
    dirty = ", with changes" if version.dirty else ""
    return [
        Box(
            "Commit",
            version.commit[:8] + dirty,
            f"{version.commit} {version.branch}{dirty}",
            f"/runs?text={version.run_number}" if version.run_number else "",
        )
    ]


def _data(version: ModelVersion) -> list[Box]:
    return _bounded([Box("Data", each.name, f"{each.name} {each.digest}") for each in version.data], "data assets")


def _runs(version: ModelVersion) -> list[Box]:
    if version.run_id is None:
        return []
    number = f"#{version.run_number or version.run_id}"
    return [Box("Run", number, number, f"/runs/{version.run_id}")]


def _training(version: ModelVersion, page: str) -> list[Box]:
    return [Box("Training run", version.training_run[:12], version.training_run, page)] if version.training_run else []


def _deployments(deployed: Sequence[Deployed]) -> list[Box]:
    boxes = [
        Box(
            f"Live, {each.percent} %" if each.percent else "Deployed",
            f"{each.endpoint}/{each.deployment}",
            f"{each.endpoint}/{each.deployment}",
            f"/endpoints/{key(each.endpoint)}",
        )
        for each in deployed
    ]
    return _bounded(boxes, "deployments")


def _bounded(boxes: list[Box], words: str) -> list[Box]:
    if len(boxes) <= MOST:
        return boxes
    left = len(boxes) - MOST + 1
    return [*boxes[: MOST - 1], Box("And", f"{left} more", f"{left} more {words}")]


def _placed(columns: Sequence[Sequence[Box]]) -> Graph:
    tallest = max(len(column) for column in columns)
    height = tallest * (BOX_HEIGHT + GAP_Y) - GAP_Y
    placed: list[list[Placed]] = []
    for number, column in enumerate(columns):
        top = (height - (len(column) * (BOX_HEIGHT + GAP_Y) - GAP_Y)) / 2
        x = number * (BOX_WIDTH + GAP_X)
        placed.append([Placed(box, x, top + row * (BOX_HEIGHT + GAP_Y)) for row, box in enumerate(column)])
    arrows = [_arrow(a, b) for left, right in pairwise(placed) for a in left for b in right]
    width = len(columns) * (BOX_WIDTH + GAP_X) - GAP_X
    return Graph(width, height, [each for column in placed for each in column], arrows)


def _arrow(left: Placed, right: Placed) -> str:
    x1, y1 = left.x + BOX_WIDTH, left.y + BOX_HEIGHT / 2
    x2, y2 = right.x, right.y + BOX_HEIGHT / 2
    middle = (x1 + x2) / 2
    return f"M{x1:g} {y1:g}C{middle:g} {y1:g} {middle:g} {y2:g} {x2 - 5:g} {y2:g}m-4 -4l5 4l-5 4"


def shortened(text: str) -> str:
    """As much of a text as a box has room for."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
