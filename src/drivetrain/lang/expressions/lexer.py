"""An expression's text to tokens."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import TYPE_CHECKING

from drivetrain.lang.values import parse_number, parse_version

if TYPE_CHECKING:
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
_SCAN = re.compile(
    r"""\s*(?:
        (?P<punctuation>[\[\](),*])
    |   (?P<text>'(?:[^']++|'')*+(?P<closed>')?)
    |   (?P<number>[-0-9][^\s\[\](),]*)
    |   (?P<dot>\.)
    |   (?P<keyword>[^\s\[\](),.][^\s\[\](),.]*)
    )""",
    re.VERBOSE,
)
_FRACTION = re.compile(r"\.[^\s\[\](),]*")
_KEYWORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LITERALS: dict[str, Value] = {"true": True, "false": False, "null": None}


def tokens(text: str) -> list[Token]:
    """All tokens of a text; what is none is a token of kind UNRECOGNIZED, and never an error here."""
    found: list[Token] = []
    position = 0
    last: TokenKind | None = None
    while match := _SCAN.match(text, position):
        if match.lastgroup == "dot" and last in _BEFORE_NUMBER:
            token = _number(text, match.start("dot"))
        else:
            token = _token(match, last)
        found.append(token)
        last = token.kind
        position = token.position + len(token.raw)
    return found


def is_keyword(text: str) -> bool:
    """Whether a text can name a function, a context or a property after a dot."""
    return _KEYWORD.fullmatch(text) is not None


def _token(match: re.Match[str], last: TokenKind | None) -> Token:
    group = "text" if match["text"] else str(match.lastgroup)
    raw, position = match[group], match.start(group)
    if group == "punctuation":
        return Token(_PUNCTUATION[raw], raw, position)
    if group == "text":
        return _string(raw, position, closed=match["closed"] is not None)
    if group == "number":
        return _numeric(raw, position)
    if group == "dot":
        return Token(TokenKind.DEREFERENCE, raw, position)
    return _keyword(raw, position, last)


def _string(raw: str, position: int, *, closed: bool) -> Token:
    if not closed:
        return Token(TokenKind.UNRECOGNIZED, raw, position)
    return Token(TokenKind.LITERAL, raw, position, raw[1:-1].replace("''", "'"))


def _number(text: str, position: int) -> Token:
    match = _FRACTION.match(text, position)
    return _numeric(match[0] if match else ".", position)


def _numeric(raw: str, position: int) -> Token:
    value = parse_version(raw) if raw.count(".") > 1 else parse_number(raw)
    return Token(TokenKind.UNRECOGNIZED if value is None else TokenKind.LITERAL, raw, position, value)


def _keyword(raw: str, position: int, last: TokenKind | None) -> Token:
    if last is TokenKind.DEREFERENCE and is_keyword(raw):
        return Token(TokenKind.PROPERTY, raw, position)
    if raw.lower() in _LITERALS:
        return Token(TokenKind.LITERAL, raw, position, _LITERALS[raw.lower()])
    return Token(TokenKind.KEYWORD, raw, position)
