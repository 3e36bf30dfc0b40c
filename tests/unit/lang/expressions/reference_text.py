"""What the reference evaluator says of texts: the pieces of a format, dates, and JSON's quotes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime


class WrongError(Exception):
    """The expression has no value."""


def template(given: str, count: int) -> list[Any]:
    found: list[Any] = []
    while given:
        if given.startswith(("{{", "}}")):
            found, given = [*found, given[0]], given[2:]
        elif given[0] not in "{}":
            found, given = [*found, given[0]], given[1:]
        else:
            digits = given[1:]
            while digits[:1] and digits[0] in "0123456789":
                digits = digits[1:]
            place = given[1 : len(given) - len(digits)]
            specifiers, given = after_number(digits)
            if not place or int(place) > 255 or int(place) >= count or found is None:
                raise WrongError("wrong format")
            found = [*found, (int(place), specifiers)]
    return found


def after_number(given: str) -> tuple[str, str]:
    """The specifiers, and what comes after the closing brace."""
    if given.startswith("}"):
        return "", given[1:]
    if not given.startswith(":"):
        raise WrongError("wrong format")
    specifiers, given = "", given[1:]
    while given:
        if given.startswith("}}"):
            specifiers, given = specifiers + "}", given[2:]
        elif given[0] == "}":
            return specifiers, given[1:]
        else:
            specifiers, given = specifiers + given[0], given[1:]
    raise WrongError("wrong format")


def date_text(moment: datetime, specifiers: str) -> str:
    """The fields that Azure takes, where only `:` and `-` of the standard text are ours."""
    fields = {
        "yyyy": "%Y", "yy": "%y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S", "fff": "%f",
        "M": "%m", "d": "%d", "H": "%H", "m": "%M", "s": "%S",
    }  # fmt: skip
    result = ""
    while specifiers:
        run = specifiers[: len(specifiers) - len(specifiers.lstrip(specifiers[0]))]
        specifiers = specifiers[len(run) :]
        if run in fields:
            shown = moment.strftime(fields[run])
            result += shown[:3] if run == "fff" else shown.lstrip("0") or "0" if len(run) == 1 else shown
        elif set(run) <= {" "} or run in {":", "-"}:
            result += run
        else:
            raise WrongError("no such field")
    return result


def quoted(given: str) -> str:
    return '"' + "".join(map(escaped, given)) + '"'


def escaped(letter: str) -> str:
    named = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\b": "\\b", "\f": "\\f"}
    if letter in named:
        return named[letter]
    return f"\\u{ord(letter):04x}" if letter < " " or letter in "\x85\u2028\u2029" else letter
