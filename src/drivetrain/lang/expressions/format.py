"""The template of the `format` function: `{0}`, `{0:yyyyMMdd}`, and `{{` and `}}` for the braces themselves.

https://learn.microsoft.com/azure/devops/pipelines/process/expressions#format
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from drivetrain.lang.dates import format_date
from drivetrain.lang.expressions.errors import ExpressionError
from drivetrain.lang.values import kind_of, to_string

if TYPE_CHECKING:
    from drivetrain.lang.values import Value

Piece: TypeAlias = "str | tuple[int, str]"
"""Text, or the number of an argument and its format specifiers."""

_MOST = 255
_PIECE = re.compile(
    r"(?P<plain>[^{}]+)|(?P<brace>\{\{|\}\})|\{(?P<number>[0-9]+)(?::(?P<specifiers>(?:[^}]|\}\})*+))?\}"
)
_DATE = re.compile(
    r"(?P<field>(?P<letter>[a-zA-Z])(?P=letter)*)|\\(?P<escaped>.)|(?P<blanks>[ ]+)|(?P<other>.)", re.DOTALL
)
_DATE_FIELDS = frozenset(
    "yyyy yy MM M dd d HH H mm m ss s f ff fff ffff fffff ffffff fffffff zzz K".split()  # noqa: SIM905 - read as a list
)


def pieces(template: str, arguments: int, position: int) -> list[Piece]:
    """The pieces of a template. Raises ExpressionError before anything of it is evaluated."""
    found: list[Piece] = []
    at = 0
    while at < len(template):
        match = _PIECE.match(template, at)
        if not match:
            raise _invalid(template, position)
        at = match.end()
        found.append(_piece(match, template, arguments, position))
    return found


def _piece(match: re.Match[str], template: str, arguments: int, position: int) -> Piece:
    if match["number"] is None:
        return match["plain"] or match["brace"][0]
    digits = match["number"].lstrip("0") or "0"
    number = int(digits) if len(digits) <= 3 else _MOST + 1  # noqa: PLR2004 - 255 has three
    if number > _MOST:
        raise _invalid(template, position)
    if number >= arguments:
        message = f"The following format string references more arguments than were supplied: {template}"
        raise ExpressionError(message, position)
    return number, (match["specifiers"] or "").replace("}}", "}")


def _invalid(template: str, position: int) -> ExpressionError:
    return ExpressionError(f"The following format string is invalid: {template}", position)


def specified(value: Value, specifiers: str, position: int) -> str:
    """The text of an argument; only dates take specifiers."""
    text = to_string(value)
    if not specifiers:
        return text
    formatted = _date(value, specifiers) if isinstance(value, datetime) else None
    if formatted is None:
        message = f"The format specifiers '{specifiers}' are not valid for objects of type '{kind_of(value)}'"
        raise ExpressionError(message, position, hint=_HINT if isinstance(value, datetime) else "")
    return formatted


_HINT = r"use yyyy yy MM M dd d HH H mm m ss s f to fffffff zzz K, blanks, and \ before any other letter"


def _date(moment: datetime, specifiers: str) -> str | None:
    r"""The text of a moment, or None: of .NET's formats Azure takes some fields, blanks, and letters after `\`."""
    result = ""
    for match in _DATE.finditer(specifiers):
        if match["field"] in _DATE_FIELDS:
            result += format_date(moment, f"%{match['field']}" if len(match["field"]) == 1 else match["field"])
        elif match["escaped"] or match["blanks"]:
            result += match["escaped"] or match["blanks"]
        else:
            return None
    return result
