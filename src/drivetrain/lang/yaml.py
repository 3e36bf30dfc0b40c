"""YAML text to nodes with positions, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drivetrain.lang.tree import Node


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a file is read before it is refused."""

    characters: int = 4_000_000
    depth: int = 100
    nodes: int = 200_000


DEFAULT = Limits()


def read(text: str, *, file: str, limits: Limits = DEFAULT) -> Node:
    """Read one YAML document; an empty one is an empty Mapping. Raises DefinitionError with one Problem."""
    raise NotImplementedError((text, file, limits))


def write(node: Node) -> str:
    """YAML text for a node: block style, literal blocks for several lines, always the same."""
    raise NotImplementedError(node)
