"""Finds the line of a pipeline file that a rule stands in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.lang.tree import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from drivetrain.errors import Position
    from drivetrain.lang.tree import Node
    from drivetrain.source.model import Rule


def position_of(root: Mapping, rule: Rule) -> Position | None:
    """Where a rule stands: at its pattern, else at the innermost of its keys that the file has (some have short forms).
    An item of a list is found by its first value, such as `repository: tools`. None when the file has none of it.
    """
    node: Node = root
    found = None
    for key in rule.keys:
        inner = _inner(node, key)
        if inner is None:
            break
        node, found = inner, inner.position
    pattern = _pattern(node, rule.pattern) if rule.pattern and found is not None else None
    return pattern.position if pattern is not None else found


def _inner(node: Node, key: str) -> Node | None:
    if isinstance(node, Mapping):
        return next((value for name, value in node.entries if name.value.lower() == key.lower()), None)
    if isinstance(node, Sequence):
        return next((item for item in node.items if _is_called(item, key)), None)
    return None


def _is_called(item: Node, name: str) -> bool:
    if not isinstance(item, Mapping) or not item.entries:
        return False
    first = item.entries[0][1]
    return isinstance(first, Scalar) and first.value.lower() == name.lower()


def _pattern(node: Node, pattern: str) -> Scalar | None:
    if isinstance(node, Scalar):
        return node if node.value == pattern else None
    items = node.items if isinstance(node, Sequence) else ()
    return next((item for item in items if isinstance(item, Scalar) and item.value == pattern), None)
