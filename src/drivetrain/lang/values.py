"""The values that expressions work with, and how each turns into another.

The rules are those of https://learn.microsoft.com/azure/devops/pipelines/process/expressions#type-casting:
comparisons ignore case by ordinal, the right operand takes the type of the left, numbers are decimal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from msgspec import Struct

from drivetrain.lang.dates import parse_date, standard_text

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")
Value: TypeAlias = "bool | Decimal | str | Version | datetime | list[Value] | Mapping[str, Value] | None"

_PART_LIMIT = 2**31 - 1
_NUMBER_LIMIT = Decimal(2**96)
_SEVEN_PLACES = Decimal("0.0000001")
_WIDE = Context(prec=80)
_NUMBER = re.compile(r"[+-]?(?:[0-9][0-9,]*(?:\.[0-9]*)?|\.[0-9]+)")
_VERSION = re.compile(r"\s*\+?\d+\s*(?:\.\s*\+?\d+\s*){1,3}", re.ASCII)
_KEPT_BY_DOTNET = frozenset("\u0131\u017f")
WHITE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""What .NET takes for white space, which is not quite what Python does."""


class Kind(StrEnum):
    """The kinds of value, by the names that Azure's messages use."""

    NULL = "Null"
    BOOLEAN = "Boolean"
    NUMBER = "Number"
    STRING = "String"
    VERSION = "Version"
    DATETIME = "DateTime"
    ARRAY = "Array"
    OBJECT = "Object"


class CastError(ValueError):
    """A value has no meaning as another kind; the expression's evaluator says where."""

    def __init__(self, value: Value, to: Kind) -> None:
        super().__init__(self.text(describe(value), kind_of(value), to))
        self.value = value
        self.to = to

    @staticmethod
    def text(shown: str, kind: Kind, to: Kind) -> str:
        """The message, with the value as it may be shown."""
        return f"Unable to convert from {kind} to {to}. Value: {shown}"


class Version(Struct, frozen=True, order=True):
    """A version number of two to four parts, such as 1.2.3; 1.2 is less than 1.2.0, as in .NET."""

    parts: tuple[int, ...]

    def __str__(self) -> str:
        return ".".join(map(str, self.parts))


class FilteredArray(list[Value]):
    """What `foo.*` gives: a further `.name` picks from each of its items."""


class ListValue(list[Value]):
    """An array all of whose items are canonical: a base for those that know more, such as where they came from."""

    __slots__ = ()


class Caseless(Mapping[str, Value]):
    """A mapping whose keys are found whatever their case, and kept as they were written first.

    So are Azure's own contexts (`variables`, `dependencies`, ...); the keys of an object that a pipeline's author
    wrote are found as they were written only, and such an object is a plain dict.
    """

    __slots__ = ("_entries",)

    def __init__(self, entries: Mapping[str, Value]) -> None:
        self._entries: dict[str, tuple[str, Value]] = {}
        for key, value in entries.items():
            folded = fold(key)
            spelling = self._entries[folded][0] if folded in self._entries else key
            self._entries[folded] = (spelling, value)

    def __getitem__(self, key: str) -> Value:
        return self._entries[fold(key)][1]

    def __iter__(self) -> Iterator[str]:
        return iter([spelling for spelling, _ in self._entries.values()])

    def __len__(self) -> int:
        return len(self._entries)


class Lowered(Mapping[str, Value]):
    """A caseless view of a dict whose keys are in lower case; it costs nothing to make, and sees what is added."""

    __slots__ = ("_entries",)

    def __init__(self, entries: Mapping[str, Value]) -> None:
        self._entries = entries

    def __getitem__(self, key: str) -> Value:
        return self._entries[key.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


class Required(Caseless):
    """A caseless mapping in which a key that is not there is an error, not null: `parameters` is one."""

    __slots__ = ()


def caseless(value: Value) -> Value:
    """A value in which every object is found in any case, however deep; a context is such a value."""
    if isinstance(value, dict):
        return Caseless({key: caseless(item) for key, item in value.items()})
    return [caseless(item) for item in value] if isinstance(value, list) else value


_KINDS: dict[type, Kind] = {
    type(None): Kind.NULL,
    bool: Kind.BOOLEAN,
    Decimal: Kind.NUMBER,
    str: Kind.STRING,
    Version: Kind.VERSION,
    datetime: Kind.DATETIME,
    list: Kind.ARRAY,
    FilteredArray: Kind.ARRAY,
    dict: Kind.OBJECT,
    Caseless: Kind.OBJECT,
    Lowered: Kind.OBJECT,
    Required: Kind.OBJECT,
}


def canonical(value: object) -> Value:
    """What a host handed over, as one of the kinds: whole numbers and floats become decimals, tuples lists."""
    if type(value) in _KINDS:
        return value  # type: ignore[return-value]  # the table holds exactly the types of Value
    if isinstance(value, int | float):
        return Decimal(repr(value))
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping | ListValue):
        return value
    if isinstance(value, list | tuple):
        return [canonical(item) for item in value]
    raise TypeError(f"an expression cannot work with {type(value).__name__}")


def kind_of(value: Value) -> Kind:
    """The kind of a canonical value."""
    return _KINDS.get(type(value)) or (Kind.ARRAY if isinstance(value, list) else Kind.OBJECT)


def fold(text: str) -> str:
    """The text as .NET's ordinal comparison that ignores case sees it: upper case, letter by letter."""
    if text.isascii():
        return text.upper()
    return "".join(map(_upper_letter, text))


def upper(text: str) -> str:
    """Upper case letter by letter, so that the length stays (`ß` stays `ß`)."""
    return text.upper() if text.isascii() else "".join(map(_upper_letter, text))


def lower(text: str) -> str:
    """Lower case letter by letter."""
    if text.isascii():
        return text.lower()
    return "".join(low if len(low := letter.lower()) == 1 else letter for letter in text)


def _upper_letter(letter: str) -> str:
    raised = letter.upper()
    return raised if len(raised) == 1 and letter not in _KEPT_BY_DOTNET else letter


def to_boolean(value: Value) -> bool:
    """Whether the value counts as true: not null, 0 or ""; arrays and objects always do, and so does 'false'."""
    match value:
        case None:
            return False
        case bool():
            return value
        case Decimal():
            return value != 0
        case str():
            return value != ""
        case _:
            return True


def to_string(value: Value) -> str:
    """The text of a value: True, False, "" for null; arrays and objects raise CastError."""
    match value:
        case str():
            return value
        case None:
            return ""
        case bool() | Version():
            return str(value)
        case Decimal():
            return number_text(value)
        case datetime():
            return standard_text(value)
        case _:
            raise CastError(value, Kind.STRING)


def to_number(value: Value) -> Decimal | None:
    """The number a value stands for ("" and null are 0), or None when it stands for none."""
    match value:
        case Decimal():
            return value
        case None:
            return Decimal(0)
        case bool():
            return Decimal(int(value))
        case str():
            return parse_number(value) if value else Decimal(0)
        case _:
            return None


def need_number(value: Value) -> Decimal:
    """`to_number`, but CastError where there is none."""
    number = to_number(value)
    if number is None:
        raise CastError(value, Kind.NUMBER)
    return number


def to_version(value: Value) -> Version | None:
    """The version a value stands for: '1.2.3' and the number 1.2 do, 1 and True do not."""
    match value:
        case Version():
            return value
        case str():
            return parse_version(value)
        case Decimal():
            return parse_version(number_text(value))
        case _:
            return None


def to_datetime(value: Value) -> datetime | None:
    """The moment a value stands for; text without an offset is taken for UTC."""
    match value:
        case datetime():
            return value
        case str():
            return parse_date(value)
        case _:
            return None


def parse_number(text: str) -> Decimal | None:
    """A number as .NET's invariant culture reads it: sign, digits with commas anywhere, decimal point."""
    stripped = text.strip("\t\n\v\f\r ")
    if not _NUMBER.fullmatch(stripped):
        return None
    number = Decimal(stripped.replace(",", ""))
    return number if abs(number) < _NUMBER_LIMIT else None


def parse_version(text: str) -> Version | None:
    """A version of two to four parts, or None."""
    if not _VERSION.fullmatch(text):
        return None
    parts = tuple(int(part) if len(part) < 40 else _PART_LIMIT + 1 for part in text.split("."))  # noqa: PLR2004
    return Version(parts) if max(parts) <= _PART_LIMIT else None


def number_text(number: Decimal) -> str:
    """A number as text: no exponent, no trailing zeros, at most seven decimals, half away from zero."""
    if number == number.to_integral_value(context=_WIDE):
        return str(int(number))
    rounded = number.quantize(_SEVEN_PLACES, rounding=ROUND_HALF_UP, context=_WIDE)
    text = f"{rounded:f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def equals(left: Value, right: Value) -> bool:
    """Whether the right value, turned into the left one's kind, is the same; False where it cannot be turned."""
    match left:
        case str():
            return not _is_collection(right) and fold(left) == fold(to_string(right))
        case bool():
            return left == to_boolean(right)
        case Decimal():
            return left == to_number(right)
        case None:
            return right is None or right == ""
        case Version():
            return left == to_version(right)
        case datetime():
            return left == to_datetime(right)
        case _:
            return left is right


def compare(left: Value, right: Value) -> int:
    """-1, 0 or 1; raises CastError where the right value cannot take the left one's kind."""
    match left:
        case str():
            return _order(_ordinal(left), _ordinal(to_string(right)))
        case bool():
            return _order(left, to_boolean(right))
        case Version():
            return _order(left, _needed(to_version(right), right, Kind.VERSION))
        case datetime():
            return _order(left, _needed(to_datetime(right), right, Kind.DATETIME))
        case _:
            return _order(need_number(left), need_number(right))


def describe(value: Value) -> str:
    """The value as Azure's traces and messages show it: 'text', True, 1.5, v1.2.3, Null, Array, Object."""
    match value:
        case str():
            return "'" + value.replace("'", "''") + "'"
        case Version():
            return f"v{value}"
        case datetime():
            return f"(DateTime){standard_text(value)}"
        case bool() | Decimal():
            return to_string(value)
        case _:
            return str(kind_of(value))


def units(text: str) -> bytes:
    """The text as .NET counts it: two bytes for each UTF-16 code unit, in an order that bytes compare in too."""
    return text.encode("utf-16-be", "surrogatepass")


def from_units(encoded: bytes) -> str:
    """The text of code units; half a pair stays half a pair."""
    return encoded.decode("utf-16-be", "surrogatepass")


def text_length(text: str) -> int:
    """How long .NET says that a text is: a letter beyond U+FFFF counts twice."""
    return len(text) if text.isascii() else len(units(text)) // 2


def _ordinal(text: str) -> bytes:
    return units(fold(text))


def _is_collection(value: Value) -> bool:
    return kind_of(value) in {Kind.ARRAY, Kind.OBJECT}


def _needed(converted: T | None, value: Value, to: Kind) -> T:
    if converted is None:
        raise CastError(value, to)
    return converted


def _order(left: Any, right: Any) -> int:
    return int(left > right) - int(left < right)
