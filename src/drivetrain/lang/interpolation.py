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
_DIRECTIVE = re.compile(r"\s*(if|elseif|else|each|insert)(?=\s|\Z)")
_PIECES = re.compile(r"'[^']*+'?|[()]|\s+|[^\s'()]+")
_CALLED = re.compile(r"\w\s+\(")
_EACH_PARAMETERS = 3
_IN_FORMAT = str.maketrans({"'": "''", "{": "{{", "}": "}}"})


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

    def __str__(self) -> str:
        """The directive as Azure names it in messages."""
        words = f"each {self.variable} in" if self.kind == "each" else self.kind
        return f"${{{{ {words} {self.expression_text} }}}}" if self.expression_text else f"${{{{ {words} }}}}"


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

    The words are known in lower case only, and an `if` or `elseif` without exactly one condition is none: Azure then
    reads it all as an expression. Raises ExpressionError for an `each`, `else` or `insert` that is not well-formed.
    """
    if not is_whole(text):
        return None
    body = text[3:-2]
    match = _DIRECTIVE.match(body)
    if not match:
        return None
    kind, found = match[1], _units(body, match.end())
    if kind == "each":
        return _each(body, found)
    if kind in {"if", "elseif"}:
        return _condition("if" if kind == "if" else "elseif", body, found)
    if found:
        hint = "write elseif as one word" if kind == "else" and body[slice(*found[0])] == "if" else ""
        raise ExpressionError(_parameters(0, kind, len(found)), hint=hint)
    return Directive("else" if kind == "else" else "insert", "", 3 + match.start(1))


def _units(body: str, start: int) -> list[tuple[int, int]]:
    """Where each parameter of a directive begins and ends: they are parted by blanks outside of `''` and `()`."""
    found: list[tuple[int, int]] = []
    depth = 0
    for piece in _PIECES.finditer(body, start):
        depth += (piece[0] == "(") - (piece[0] == ")")
        if piece[0].isspace() and depth == 0:
            continue
        joined = found and (found[-1][1] == piece.start() or depth > 0)
        if joined or (found and piece[0] == "(" and _CALLED.fullmatch(body, found[-1][1] - 1, piece.end())):
            found[-1] = (found[-1][0], piece.end())
        else:
            found.append(piece.span())
    return found


def _condition(kind: DirectiveKind, body: str, found: list[tuple[int, int]]) -> Directive | None:
    if len(found) != 1:
        return None
    return Directive(kind, body[slice(*found[0])], 3 + found[0][0])


def _each(body: str, found: list[tuple[int, int]]) -> Directive:
    hint = "write ${{ each item in <collection> }}"
    if len(found) != _EACH_PARAMETERS:
        raise ExpressionError(_parameters(_EACH_PARAMETERS, "each", len(found)), hint=hint)
    name, separator, collection = (body[slice(*unit)] for unit in found)
    wrong = separator if separator != "in" else "" if is_keyword(name) else name
    if wrong:
        form = "The expected format of an 'each' expression is: ${ each <identifier> in <value> }"
        raise ExpressionError(f"The value '{wrong}' is unexpected. {form}", hint=hint)
    return Directive("each", collection, 3 + found[2][0], name)


def _parameters(expected: int, kind: str, actual: int) -> str:
    what = f"Exactly {expected} parameter(s) were expected following the directive '{kind}'."
    return f"{what} Actual parameter count: {actual}"


def as_format(found: tuple[Part, ...]) -> str:
    """The one expression that Azure reads a text with expressions in it as: `format('x {0}', y)`."""
    embedded = [part.expression_text for part in found if isinstance(part, Embedded)]
    numbers = iter(range(len(embedded)))
    texts = [
        f"{{{next(numbers)}}}" if isinstance(part, Embedded) else part.text.translate(_IN_FORMAT) for part in found
    ]
    return f"format('{''.join(texts)}', {', '.join(embedded)})"


def _not_closed(offset: int) -> ExpressionError:
    message = (
        "The expression is not closed. An unescaped ${{ sequence was found, but the closing }} sequence was not found."
    )
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
    if value is None:
        return Scalar("", position)
    return Scalar(to_string(value), position, "text" if isinstance(value, str) else "value")


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
