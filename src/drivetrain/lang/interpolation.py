"""`${{ }}` and `$[ ]` inside scalars, directives as mapping keys, and nodes from and to values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal as OneOf, TypeAlias

if TYPE_CHECKING:
    from drivetrain.errors import Position
    from drivetrain.lang.tree import Node
    from drivetrain.lang.values import Value


@dataclass(frozen=True, slots=True)
class Literal:
    """Text that stays as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Embedded:
    """The text between `${{` and `}}`, and where it begins in the scalar's value."""

    expression_text: str
    offset: int


Part: TypeAlias = Literal | Embedded
DirectiveKind = OneOf["if", "elseif", "else", "each", "insert"]


@dataclass(frozen=True, slots=True)
class Directive:
    """A `${{ if }}` and its kin, as the key of a mapping."""

    kind: DirectiveKind
    expression_text: str = ""
    offset: int = 0
    """Where the expression's text begins in the scalar's value."""
    variable: str = ""
    """The loop variable of `each`."""


def parts(text: str) -> tuple[Part, ...]:
    """Split a scalar's text. Raises ExpressionError for a `${{` without its end."""
    raise NotImplementedError(text)


def is_whole(text: str) -> bool:
    """Whether the whole text is one `${{ }}`, whose value keeps its type."""
    raise NotImplementedError(text)


def runtime_expression(text: str) -> str | None:
    """The expression's text when the whole text is `$[ ... ]`, else None."""
    raise NotImplementedError(text)


def directive(text: str) -> Directive | None:
    """The directive that a mapping key or list item is, or None. Raises ExpressionError for a malformed one."""
    raise NotImplementedError(text)


def value_to_node(value: Value, position: Position) -> Node:
    """A node that says what the value is, all of it placed at `position`."""
    raise NotImplementedError((value, position))


def node_to_value(node: Node) -> Value:
    """The value of a node: every scalar a string."""
    raise NotImplementedError(node)
