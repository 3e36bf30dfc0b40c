"""`${{ }}` and `$[ ]` inside scalars, directives as mapping keys, and nodes from and to values.

https://learn.microsoft.com/azure/devops/pipelines/process/template-expressions
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Object
from typing import TYPE_CHECKING, TypeAlias
from typing import Literal as OneOf

from msgspec import Struct

from drivetrain.lang.expressions.errors import ExpressionError
from drivetrain.lang.expressions.lexer import is_keyword
from drivetrain.lang.tree import Mapping, Scalar, Sequence
from drivetrain.lang.values import ListValue, to_string

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.errors import Position
    from drivetrain.lang.tree import Node
    from drivetrain.lang.values import Value

DirectiveKind: TypeAlias = OneOf["if", "elseif", "else", "each", "insert"]

_BODY = re.compile(r"(?:[^'}]++|'[^']*+'|\}(?!\}))*+\}\}")
_DIRECTIVE = re.compile(r"\s*(if|elseif|else|each|insert)(?:\s+(.*))?\s*", re.DOTALL)
_EACH = re.compile(r"(\S+)\s+in\s+(?=\S)", re.DOTALL)


class Literal(Struct, frozen=True):
    """Text that stays as it is."""

    text: str


class Embedded(Struct, frozen=True):
    """The text between `${{` and `}}` without the blanks around it, and where it begins in the scalar's value."""

    expression_text: str
    offset: int


Part: TypeAlias = Literal | Embedded


class Directive(Struct, frozen=True):
    """A `${{ if }}` and its kin, as the key of a mapping or as an item of a list."""

    kind: DirectiveKind
    expression_text: str = ""
    offset: int = 0
    """Where the expression's text begins in the scalar's value."""
    variable: str = ""
    """The loop variable of `each`."""


def parts(text: str) -> tuple[Part, ...]:
    """Split a scalar's text into what stays and what is evaluated; quotes inside an expression may hold `}}`.

    Raises ExpressionError, its position an offset in `text`, for a `${{` without its end or with nothing in it.
    """
    found: list[Part] = []
    start = 0
    while (opened := text.find("${{", start)) >= 0:
        if opened > start:
            found.append(Literal(text[start:opened]))
        body = _BODY.match(text, opened + 3)
        if not body:
            raise _not_closed(opened)
        found.append(_embedded(body[0][:-2], opened + 3))
        start = body.end()
    if start < len(text):
        found.append(Literal(text[start:]))
    return tuple(found)


def is_whole(text: str) -> bool:
    """Whether the whole text is one `${{ }}`, whose value keeps its type."""
    if not text.startswith("${{"):
        return False
    body = _BODY.match(text, 3)
    return body is not None and body.end() == len(text)


def runtime_expression(text: str) -> str | None:
    """What is between `$[` and `]` when they enclose the whole text, else None; it begins 2 after the `$[`.

    Raises ExpressionError, its position an offset in `text`, where nothing is between them but blanks.
    """
    stripped = text.strip()
    if len(stripped) <= 3 or not stripped.startswith("$[") or not stripped.endswith("]"):  # noqa: PLR2004
        return None
    if not stripped[2:-1].strip():
        message = f"'{stripped}' is not a valid expression. Expressions must be enclosed with '$[' and ']'."
        raise ExpressionError(message, text.index("$["), hint="write what is to be evaluated between them")
    return stripped[2:-1]


def directive(text: str) -> Directive | None:
    """The directive that a mapping's key or a list's item is, or None for any other text.

    Raises ExpressionError, its position an offset in `text`, for a directive that is not well-formed.
    """
    if not is_whole(text):
        return None
    body = text[3:-2]
    match = _DIRECTIVE.fullmatch(body)
    if not match:
        return None
    kind, rest = match[1], (match[2] or "").rstrip()
    offset = 3 + (match.start(2) if rest else match.start(1))
    if kind in {"if", "elseif"}:
        return _condition(kind, rest, offset)
    if kind == "each":
        return _each(rest, offset)
    return _bare(kind, rest, offset)


def _condition(kind: str, rest: str, offset: int) -> Directive:
    if not rest:
        raise ExpressionError(_parameters(1, kind, 0), offset, hint=f"write ${{{{ {kind} <condition> }}}}")
    return Directive("if" if kind == "if" else "elseif", rest, offset)


def _each(rest: str, offset: int) -> Directive:
    match = _EACH.match(rest)
    if not match or not is_keyword(match[1]):
        hint = "write ${{ each item in <collection> }}"
        raise ExpressionError(_parameters(3, "each", len(rest.split())), offset, hint=hint)
    return Directive("each", rest[match.end() :], offset + match.end(), match[1])


def _bare(kind: str, rest: str, offset: int) -> Directive:
    if rest:
        hint = "write elseif as one word" if rest.split(maxsplit=1)[0] == "if" else ""
        raise ExpressionError(_parameters(0, kind, len(rest.split())), offset, hint=hint)
    return Directive("else" if kind == "else" else "insert", "", offset)


def _parameters(expected: int, kind: str, actual: int) -> str:
    what = f"Exactly {expected} parameter(s) were expected following the directive '{kind}'."
    return f"{what} Actual parameter count: {actual}"


def _not_closed(offset: int) -> ExpressionError:
    message = "The expression is not closed. An unescaped ${{ sequence was found, but the closing }} was not found."
    hint = "add }}, or write ${{ '${{' }} to mean the characters themselves"
    return ExpressionError(message, offset, hint=hint)


def _embedded(body: str, offset: int) -> Embedded:
    text = body.strip()
    if not text:
        raise ExpressionError("An expression was expected", offset)
    return Embedded(text, offset + len(body) - len(body.lstrip()))


class NodeObject(dict[str, "Value"]):
    """The value of a mapping of a file; it remembers the node, so that what is made of it keeps its places."""

    __slots__ = ("node",)

    def __init__(self, node: Mapping, read: Callable[[Scalar], Value]) -> None:
        super().__init__((key.value, node_to_value(item, read)) for key, item in node.entries)
        self.node = node


class NodeList(ListValue):
    """The value of a list of a file; it remembers the node, as `NodeObject` does."""

    __slots__ = ("node",)

    def __init__(self, node: Sequence, read: Callable[[Scalar], Value]) -> None:
        super().__init__(node_to_value(item, read) for item in node.items)
        self.node = node


def value_to_node(value: Value, position: Position) -> Node:
    """A node that says what the value is: the one that it was made of, else one of which all is placed at `position`.
    Null is an empty plain scalar; other texts are in the style `value`, because they are not looked into again.
    """
    if isinstance(value, NodeObject | NodeList):
        return value.node
    if isinstance(value, Object):
        entries = [(Scalar(key, position), value_to_node(item, position)) for key, item in value.items()]
        return Mapping(tuple(entries), position)
    if isinstance(value, list):
        return Sequence(tuple(value_to_node(item, position) for item in value), position)
    text = to_string(value)
    return Scalar(text, position, "plain" if value is None else "value")


def as_text(scalar: Scalar) -> Value:
    """The text of a scalar, whatever it looks like."""
    return scalar.value


def node_to_value(node: Node, read: Callable[[Scalar], Value] = as_text) -> Value:
    """The value of a node: `read` says what its scalars are; of two equal keys the last one counts."""
    match node:
        case Scalar():
            return read(node)
        case Sequence():
            return NodeList(node, read)
        case Mapping():
            return NodeObject(node, read)
