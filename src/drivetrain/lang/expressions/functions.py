"""The standard functions: one table, a row each.

Meaning and coercions: https://learn.microsoft.com/azure/devops/pipelines/process/expressions#functions
(and docs/expressions.md, which a test compares with this table).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol, TypeAlias

from msgspec import Struct

from drivetrain.lang import values
from drivetrain.lang.expressions.errors import ExpressionError
from drivetrain.lang.expressions.format import pieces, specified
from drivetrain.lang.values import Kind, from_units, kind_of, need_number, text_length, to_string, units

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from drivetrain.lang.expressions.nodes import Part
    from drivetrain.lang.values import Value

_MAX_JSON_DEPTH = 100
_LINE_ENDS = {ord(end): f"\\u{ord(end):04x}" for end in "\x85\u2028\u2029"}
_MAX_FORMAT = 255


class Evaluator(Protocol):
    """What a function may ask of the evaluation that it is part of."""

    def value(self, part: Part) -> Value:
        """The value of an argument."""

    def text(self, part: Part) -> str:
        """The value of an argument, as a string."""

    def truth(self, part: Part) -> bool:
        """The value of an argument, as a boolean."""

    def spend(self, size: int) -> None:
        """Account for so many characters about to be made; raises when there are too many."""


Implementation: TypeAlias = Callable[["Sequence[Part]", Evaluator], "Value"]


class Function(Struct, frozen=True):
    """How many arguments a function takes and what it does."""

    least: int
    most: int | None
    implementation: Implementation
    shown_as_result: bool = False
    """Whether a trace shows what it came to, rather than the function with its arguments."""
    everywhere: bool = True
    """Whether it may be called wherever there are expressions."""

    @property
    def arity(self) -> tuple[int, int | None]:
        """The least and the greatest number of arguments."""
        return (self.least, self.most)


def _and(parts: Sequence[Part], ev: Evaluator) -> Value:
    return all(ev.truth(part) for part in parts)


def _or(parts: Sequence[Part], ev: Evaluator) -> Value:
    return any(ev.truth(part) for part in parts)


def _xor(parts: Sequence[Part], ev: Evaluator) -> Value:
    return ev.truth(parts[0]) != ev.truth(parts[1])


def _not(parts: Sequence[Part], ev: Evaluator) -> Value:
    return not ev.truth(parts[0])


def _equal(parts: Sequence[Part], ev: Evaluator) -> Value:
    return values.equals(ev.value(parts[0]), ev.value(parts[1]))


def _not_equal(parts: Sequence[Part], ev: Evaluator) -> Value:
    return not _equal(parts, ev)


def _comparison(test: Callable[[int], bool]) -> Implementation:
    def compare(parts: Sequence[Part], ev: Evaluator) -> Value:
        return test(values.compare(ev.value(parts[0]), ev.value(parts[1])))

    return compare


def _in(parts: Sequence[Part], ev: Evaluator) -> Value:
    left = ev.value(parts[0])
    return any(values.equals(left, ev.value(part)) for part in parts[1:])


def _not_in(parts: Sequence[Part], ev: Evaluator) -> Value:
    return not _in(parts, ev)


def _contains(parts: Sequence[Part], ev: Evaluator) -> Value:
    return values.fold(ev.text(parts[1])) in values.fold(ev.text(parts[0]))


def _starts_with(parts: Sequence[Part], ev: Evaluator) -> Value:
    return values.fold(ev.text(parts[0])).startswith(values.fold(ev.text(parts[1])))


def _ends_with(parts: Sequence[Part], ev: Evaluator) -> Value:
    return values.fold(ev.text(parts[0])).endswith(values.fold(ev.text(parts[1])))


def _contains_value(parts: Sequence[Part], ev: Evaluator) -> Value:
    """Each item takes the type of the right value, not the other way round."""
    collection = ev.value(parts[0])
    if kind_of(collection) not in {Kind.ARRAY, Kind.OBJECT}:
        return False
    right = ev.value(parts[1])
    return any(values.equals(right, item) for item in _items(collection))


def _items(collection: Value) -> Iterator[Value]:
    if isinstance(collection, Mapping):
        yield from map(values.canonical, collection.values())
    elif isinstance(collection, list):
        yield from map(values.canonical, collection)


def _coalesce(parts: Sequence[Part], ev: Evaluator) -> Value:
    value: Value = None
    for part in parts:
        value = ev.value(part)
        if value is not None and value != "":
            break
    return value


def _join(parts: Sequence[Part], ev: Evaluator) -> Value:
    items = ev.value(parts[1])
    if not isinstance(items, list):
        return "" if isinstance(items, Mapping) else to_string(items)
    texts = [_simple_text(item) for item in _items(items)]
    separator = ev.text(parts[0]) if len(texts) > 1 else ""
    ev.spend(sum(map(len, texts)) + len(separator) * len(texts))
    return separator.join(texts)


def _simple_text(value: Value) -> str:
    return "" if kind_of(value) in {Kind.ARRAY, Kind.OBJECT} else to_string(value)


def _split(parts: Sequence[Part], ev: Evaluator) -> Value:
    text, separator = ev.text(parts[0]), ev.text(parts[1])
    ev.spend(len(text) + text.count(separator) if separator else len(text))
    return list(text.split(separator)) if separator else [text]


def _replace(parts: Sequence[Part], ev: Evaluator) -> Value:
    text, old, new = (ev.text(part) for part in parts)
    if not old:
        return text
    ev.spend(len(text) + text.count(old) * max(len(new) - len(old), 0))
    return text.replace(old, new)


def _lower(parts: Sequence[Part], ev: Evaluator) -> Value:
    return values.lower(ev.text(parts[0]))


def _upper(parts: Sequence[Part], ev: Evaluator) -> Value:
    return values.upper(ev.text(parts[0]))


def _trim(parts: Sequence[Part], ev: Evaluator) -> Value:
    return ev.text(parts[0]).strip(values.WHITE)


def _length(parts: Sequence[Part], ev: Evaluator) -> Value:
    value = ev.value(parts[0])
    if isinstance(value, str):
        return Decimal(text_length(value))
    if isinstance(value, list | Mapping):
        return Decimal(len(value))
    message = f"Kind '{kind_of(value)}' not supported. Only arrays, strings, dictionaries, or collections are supported"
    raise ExpressionError(f"{message} for the length function.", parts[0].position)


def _substring(parts: Sequence[Part], ev: Evaluator) -> Value:
    text = ev.text(parts[0])
    start, length = (int(need_number(ev.value(part))) for part in parts[1:])
    whole = text_length(text)
    if start < 0 or length < 0 or start + length > whole:
        message = f"substring({start}, {length}) is outside of a text of {whole} characters."
        raise ExpressionError(message, parts[1].position)
    if whole == len(text):
        return text[start : start + length]
    return from_units(units(text)[2 * start : 2 * (start + length)])


def _iif(parts: Sequence[Part], ev: Evaluator) -> Value:
    """All three arguments are evaluated, whichever is chosen."""
    condition, yes, no = ev.truth(parts[0]), ev.value(parts[1]), ev.value(parts[2])
    return yes if condition else no


def _format(parts: Sequence[Part], ev: Evaluator) -> Value:
    """An argument is evaluated when the format names it, once."""
    template = ev.text(parts[0])
    cache: dict[int, Value] = {}
    result: list[str] = []
    for piece in pieces(template, len(parts) - 1, parts[0].position):
        if isinstance(piece, str):
            text = piece
        else:
            number, specifiers = piece
            if number not in cache:
                cache[number] = ev.value(parts[number + 1])
            text = specified(cache[number], specifiers, parts[0].position)
        ev.spend(len(text))
        result.append(text)
    return "".join(result)


def _convert_to_json(parts: Sequence[Part], ev: Evaluator) -> Value:
    written: list[str] = []
    for text in _json(ev.value(parts[0]), "\n", 0):
        ev.spend(len(text))
        written.append(text)
    return "".join(written)


def _quoted(text: str) -> str:
    import json  # noqa: PLC0415 - only for convertToJson; msgspec refuses lone surrogates

    return json.dumps(text, ensure_ascii=False).translate(_LINE_ENDS)


def _json(value: Value, newline: str, depth: int) -> Iterator[str]:
    if depth > _MAX_JSON_DEPTH:
        raise ExpressionError(f"convertToJson() got a value nested deeper than {_MAX_JSON_DEPTH} levels.")
    if isinstance(value, Mapping):
        entries = [(f"{_quoted(key)}: ", item) for key, item in value.items()]
        yield from _json_collection("{}", entries, newline, depth)
    elif isinstance(value, list):
        yield from _json_collection("[]", [("", item) for item in value], newline, depth)
    else:
        yield _json_simple(value)


def _json_collection(brackets: str, entries: list[tuple[str, Value]], newline: str, depth: int) -> Iterator[str]:
    if not entries:
        yield brackets
        return
    yield brackets[0]
    for number, (key, item) in enumerate(entries):
        yield f"{',' if number else ''}{newline}  {key}"
        yield from _json(values.canonical(item), newline + "  ", depth + 1)
    yield f"{newline}{brackets[1]}"


def _json_simple(value: Value) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case Decimal():
            return to_string(value)
        case datetime() | _:
            return _quoted(to_string(value))


FUNCTIONS: dict[str, Function] = {
    "and": Function(2, None, _and),
    "coalesce": Function(2, None, _coalesce),
    "contains": Function(2, 2, _contains),
    "containsValue": Function(2, 2, _contains_value),
    "convertToJson": Function(1, 1, _convert_to_json),
    "endsWith": Function(2, 2, _ends_with),
    "eq": Function(2, 2, _equal),
    "format": Function(1, _MAX_FORMAT, _format, shown_as_result=True),
    "ge": Function(2, 2, _comparison(lambda order: order >= 0)),
    "gt": Function(2, 2, _comparison(lambda order: order > 0)),
    "iif": Function(3, 3, _iif),
    "in": Function(2, None, _in),
    "join": Function(2, 2, _join, shown_as_result=True),
    "le": Function(2, 2, _comparison(lambda order: order <= 0)),
    "length": Function(1, 1, _length),
    "lower": Function(1, 1, _lower),
    "lt": Function(2, 2, _comparison(lambda order: order < 0)),
    "ne": Function(2, 2, _not_equal),
    "not": Function(1, 1, _not),
    "notIn": Function(2, None, _not_in),
    "or": Function(2, None, _or),
    "replace": Function(3, 3, _replace),
    "split": Function(2, 2, _split, everywhere=False),
    "startsWith": Function(2, 2, _starts_with),
    "substring": Function(3, 3, _substring),
    "trim": Function(1, 1, _trim),
    "upper": Function(1, 1, _upper),
    "xor": Function(2, 2, _xor),
}
