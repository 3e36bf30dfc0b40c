"""An expression's text to tokens."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import TYPE_CHECKING

from drivetrain.lang.values import WHITE, parse_number, parse_version

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.lang.values import Value


class TokenKind(Enum):
    """What a token is."""

    OPEN_INDEX = auto()
    CLOSE_INDEX = auto()
    OPEN_CALL = auto()
    CLOSE_CALL = auto()
    SEPARATOR = auto()
    WILDCARD = auto()
    DEREFERENCE = auto()
    LITERAL = auto()
    KEYWORD = auto()
    PROPERTY = auto()
    UNRECOGNIZED = auto()
    END = auto()


class Token:
    """A token: its text as written, where it begins, and its value where it is a literal."""

    __slots__ = ("kind", "position", "raw", "value")

    def __init__(self, kind: TokenKind, raw: str, position: int, value: Value = None) -> None:
        self.kind = kind
        self.raw = raw
        self.position = position
        self.value = value


_PUNCTUATION = {
    "[": TokenKind.OPEN_INDEX,
    "]": TokenKind.CLOSE_INDEX,
    "(": TokenKind.OPEN_CALL,
    ")": TokenKind.CLOSE_CALL,
    ",": TokenKind.SEPARATOR,
    "*": TokenKind.WILDCARD,
}
_BEFORE_NUMBER = {None, TokenKind.SEPARATOR, TokenKind.OPEN_INDEX, TokenKind.OPEN_CALL}
_BLANK = "".join(f"\\u{ord(letter):04x}" for letter in WHITE)
_REST = rf"[^{_BLANK}\[\](),]*"
_SCAN = re.compile(
    rf"""[{_BLANK}]*(?:
        (?P<punctuation>[\[\](),*])
    |   (?P<text>'(?:[^']++|'')*+(?P<closed>')?)
    |   (?P<number>[-0-9]{_REST})
    |   (?P<dot>\.)
    |   (?P<keyword>[^{_BLANK}\[\](),.][^{_BLANK}\[\](),.]*)
    )""",
    re.VERBOSE,
)
_FRACTION = re.compile(rf"\.{_REST}")
_KEYWORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LITERALS: dict[str, Value] = {"true": True, "false": False}
"""There is none for null, nor for infinity or what is not a number."""


def tokens(text: str) -> list[Token]:
    """All tokens of a text and END; what is none is a token of kind UNRECOGNIZED, and never an error here."""
    found: list[Token] = []
    position = 0
    last: TokenKind | None = None
    while match := _SCAN.match(text, position):
        token = _READ[match.lastgroup or ""](text, match, last)
        found.append(token)
        last = token.kind
        position = token.position + len(token.raw)
    found.append(Token(TokenKind.END, "", len(text)))
    return found


def is_keyword(text: str) -> bool:
    """Whether a text can name a function, a context or a property after a dot."""
    return _KEYWORD.fullmatch(text) is not None


def _punctuation(_: str, match: re.Match[str], __: TokenKind | None) -> Token:
    raw = match["punctuation"]
    return Token(_PUNCTUATION[raw], raw, match.start("punctuation"))


def _string(_: str, match: re.Match[str], __: TokenKind | None) -> Token:
    raw, position = match["text"], match.start("text")
    if match["closed"] is None:
        return Token(TokenKind.UNRECOGNIZED, raw, position)
    return Token(TokenKind.LITERAL, raw, position, raw[1:-1].replace("''", "'"))


def _dot(text: str, match: re.Match[str], last: TokenKind | None) -> Token:
    position = match.start("dot")
    if last not in _BEFORE_NUMBER:
        return Token(TokenKind.DEREFERENCE, ".", position)
    fraction = _FRACTION.match(text, position)
    return _numeric(fraction[0] if fraction else ".", position)


def _number(_: str, match: re.Match[str], __: TokenKind | None) -> Token:
    return _numeric(match["number"], match.start("number"))


def _numeric(raw: str, position: int) -> Token:
    value = parse_version(raw) if raw.count(".") > 1 else parse_number(raw)
    return Token(TokenKind.UNRECOGNIZED if value is None else TokenKind.LITERAL, raw, position, value)


def _keyword(_: str, match: re.Match[str], last: TokenKind | None) -> Token:
    raw, position = match["keyword"], match.start("keyword")
    if last is TokenKind.DEREFERENCE and is_keyword(raw):
        return Token(TokenKind.PROPERTY, raw, position)
    if raw.lower() in _LITERALS:
        return Token(TokenKind.LITERAL, raw, position, _LITERALS[raw.lower()])
    return Token(TokenKind.KEYWORD, raw, position)


_READ: dict[str, Callable[[str, re.Match[str], TokenKind | None], Token]] = {
    "punctuation": _punctuation,
    "text": _string,
    "number": _number,
    "dot": _dot,
    "keyword": _keyword,
}
