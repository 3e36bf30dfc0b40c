"""Images that Azure's own agents no longer have.

https://learn.microsoft.com/azure/devops/pipelines/agents/hosted
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivetrain.definition.lint.rule import Finding
from drivetrain.definition.shape import shown
from drivetrain.lang.tree import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.definition.lint.rule import Sources
    from drivetrain.lang.tree import Node

_INSTEAD = {
    "ubuntu": "ubuntu-latest, ubuntu-24.04 or ubuntu-22.04",
    "windows": "windows-latest, windows-2025 or windows-2022",
    "macos": "macOS-latest, macOS-15 or macOS-14",
}
RETIRED = {
    **dict.fromkeys(("ubuntu-16.04", "ubuntu 16.04", "ubuntu-18.04", "ubuntu-20.04"), "ubuntu"),
    **dict.fromkeys(
        ("vs2015-win2012r2", "vs2017-win2016", "win1803", "windows-2016", "windows-2019"),
        "windows",
    ),
    **dict.fromkeys(
        ("macos-10.13", "macos-10.14", "macos-10.15", "macos-11", "macos-12", "macos-13"),
        "macos",
    ),
}
"""Labels of `vmImage` in lower case -> their kind."""
_PLACES = re.compile(r"image|\bos\b|pool|default|values?\Z", re.IGNORECASE)
"""Keys below which such a label is an image: of a pool, or of a matrix, variable or parameter that is handed to one."""


def retired_images(sources: Sources) -> Iterator[Finding]:
    """A job that asks for one of them fails before it starts."""
    for root in sources.roots:
        for label in _labels(root, ""):
            kind = RETIRED.get(label.value.strip().lower())
            if kind:
                message = f"Azure no longer has the image '{shown(label.value)}'"
                yield Finding(label.position, message, f"write {_INSTEAD[kind]}")


def _labels(node: Node, key: str) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        if _PLACES.search(key):
            yield node
    elif isinstance(node, Sequence):
        for item in node:
            yield from _labels(item, key)
    elif isinstance(node, Mapping):
        for name, value in node.entries:
            yield from _labels(value, name.value)
