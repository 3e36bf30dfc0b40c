"""Parameters that no `${{ }}` of their own file uses.

https://learn.microsoft.com/azure/devops/pipelines/process/template-parameters
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivetrain.definition.lint.rule import Finding
from drivetrain.definition.lint.walk import OPEN, expressions
from drivetrain.definition.shape import is_empty, shown
from drivetrain.lang.tree import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.definition.lint.rule import Sources
    from drivetrain.lang.tree import Node

_USE = re.compile(r"\bparameters\b\s*(?:\.\s*([\w-]+)|\[\s*'((?:[^']|'')*)'\s*\])?", re.IGNORECASE)


def unused_parameters(sources: Sources) -> Iterator[Finding]:
    """Nobody can tell which parameters are used where a file takes all of them, as in `each p in parameters`."""
    for root in sources.roots:
        if not isinstance(root, Mapping):
            continue
        declared, used = list(_declared(root.get("parameters"))), _used(root)
        for name in declared:
            if used is not None and name.value.lower() not in used:
                yield Finding(name.position, f"parameter '{shown(name.value)}' is not used in this file")


def _declared(node: Node | None) -> Iterator[Scalar]:
    """The names, from the list and from the older mapping of names and defaults."""
    if isinstance(node, Mapping):
        yield from (key for key, _ in node.entries if OPEN not in key.value)
    elif isinstance(node, Sequence):
        names = (item.get("name") for item in node if isinstance(item, Mapping))
        yield from (name for name in names if isinstance(name, Scalar) and not is_empty(name))


def _used(root: Node) -> set[str] | None:
    """The names in lower case, None for all of them."""
    used: set[str] = set()
    for text in expressions(root):
        for match in _USE.finditer(text):
            name = match[1] or match[2]
            if name is None:
                return None
            used.add(name.replace("''", "'").lower())
    return used
