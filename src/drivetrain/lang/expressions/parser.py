"""Text to a parsed expression."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from drivetrain.lang.expressions.nodes import Expression

Arity: TypeAlias = tuple[int, int | None]
"""The least and the greatest number of arguments; None for no bound."""


def parse(
    text: str,
    *,
    functions: Mapping[str, Arity] | Collection[str] | None = None,
    names: Collection[str] | None = None,
) -> Expression:
    """Parse an expression; `functions` beyond the standard ones and `names` say what is legal here, None anything."""
    raise NotImplementedError((text, functions, names))


def names_used(expression: Expression) -> frozenset[tuple[str, ...]]:
    """The dotted references of an expression, such as ("variables", "x")."""
    raise NotImplementedError(expression)
