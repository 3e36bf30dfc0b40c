"""Looking through a file as it is written, before its `${{ }}` are evaluated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.lang.expressions import ExpressionError
from drivetrain.lang.interpolation import Embedded, parts
from drivetrain.lang.tree import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from drivetrain.lang.tree import Node

OPEN = "${{"
_SCRIPTS = frozenset({"script", "bash", "pwsh", "powershell", "inlinescript", "inline"})
"""Keys of steps, and inputs of tasks, that hold the text of a script."""


def entries(node: Node) -> Iterator[tuple[Scalar, Node]]:
    """Every key with what it holds, at any depth, in the order of the file."""
    if isinstance(node, Mapping):
        for key, value in node.entries:
            yield key, value
            yield from entries(value)
    elif isinstance(node, Sequence):
        for item in node:
            yield from entries(item)


def scalars(node: Node) -> Iterator[Scalar]:
    """Every text and every key, at any depth, in the order of the file."""
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Sequence):
        for item in node:
            yield from scalars(item)
    else:
        for key, value in node.entries:
            yield key
            yield from scalars(value)


def scripts(roots: Iterable[Node]) -> Iterator[Scalar]:
    """The texts that a shell runs."""
    for root in roots:
        for key, value in entries(root):
            if key.value.lower() in _SCRIPTS and isinstance(value, Scalar):
                yield value


def expressions(node: Node) -> Iterator[str]:
    """What is inside every `${{ }}`; the whole text where it cannot be taken apart."""
    for scalar in scalars(node):
        if OPEN in scalar.value:
            yield from _embedded(scalar.value)


def _embedded(text: str) -> Iterator[str]:
    try:
        yield from [part.expression_text for part in parts(text) if isinstance(part, Embedded)]
    except ExpressionError:
        yield text
