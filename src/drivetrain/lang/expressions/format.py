"""The template of the `format` function: `{0}`, `{0:yyyyMMdd}`, and `{{` and `}}` for the braces themselves."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from drivetrain.lang.dates import format_date
from drivetrain.lang.expressions.errors import ExpressionError
from drivetrain.lang.values import kind_of, to_string

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.lang.values import Value

_PIECE = re.compile(
    r"(?P<plain>[^{}]+)|(?P<brace>\{\{|\}\})|\{(?P<number>[0-9]{1,3})(?::(?P<specifiers>(?:[^}]|\}\})*+))?\}"
)


def pieces(template: str, arguments: int, position: int) -> Iterator[tuple[str, int | None, str]]:
    """The pieces of a template: (text, None, "") or ("", argument's number, format specifiers)."""
    at = 0
    while at < len(template):
        match = _PIECE.match(template, at)
        if not match:
            raise ExpressionError(f"The following format string is invalid: {template}", position)
        at = match.end()
        if match["number"] is None:
            yield match["plain"] or match["brace"][0], None, ""
            continue
        number = int(match["number"])
        if number >= arguments:
            message = f"The following format string references more arguments than were supplied: {template}"
            raise ExpressionError(message, position)
        yield "", number, (match["specifiers"] or "").replace("}}", "}")


def specified(value: Value, specifiers: str, position: int) -> str:
    """The text of an argument; only dates take specifiers."""
    if not specifiers:
        return to_string(value)
    if isinstance(value, datetime):
        try:
            return format_date(value, f"%{specifiers}" if len(specifiers) == 1 else specifiers)
        except ValueError:
            pass
    message = f"The format specifiers '{specifiers}' are not valid for objects of type '{kind_of(value)}'"
    raise ExpressionError(message, position)
