"""JSON that clients send, read field by field: what is of another type than Azure says is told, never trusted."""

from __future__ import annotations

from typing import Any

from drivetrain.errors import UserError

MOST = 2**31 - 1


class Fields:
    """A JSON object."""

    def __init__(self, value: object, name: str = "the body") -> None:
        if not isinstance(value, dict):
            raise UserError(f"{name} is not an object")
        self._value: dict[str, Any] = value
        self._name = name

    def __contains__(self, name: str) -> bool:
        return self._value.get(name) is not None

    def names(self) -> list[str]:
        """Of the fields that have a value."""
        return [name for name, value in self._value.items() if value is not None]

    def raw(self, name: str) -> object:
        """Whatever is there."""
        return self._value.get(name)

    def text(self, name: str, default: str = "") -> str:
        """A text. Raises UserError when it is none."""
        value = self._value.get(name)
        if value is None:
            return default
        if not isinstance(value, str) or not is_text(value):
            raise self._wrong(name, "a text")
        return value

    def number(self, name: str, default: int = 0) -> int:
        """A whole number that is not negative, also in digits. Raises UserError when it is none."""
        value = self._value.get(name)
        if isinstance(value, str) and value.isdecimal() and len(value) < len(str(MOST)):
            value = int(value)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST:
            raise self._wrong(name, "a whole number")
        return value

    def flag(self, name: str) -> bool | None:
        """True, false, or None when it is not there. Raises UserError."""
        value = self._value.get(name)
        if value is not None and not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return value

    def fields(self, name: str) -> Fields:
        """An object, empty when it is not there. Raises UserError."""
        return Fields(self._value.get(name) or {}, name)

    def items(self, name: str) -> list[object]:
        """A list, empty when it is not there. Raises UserError."""
        value = self._value.get(name)
        if value is not None and not isinstance(value, list):
            raise self._wrong(name, "a list")
        return value or []

    def texts(self, name: str) -> list[str]:
        """A list of texts. Raises UserError."""
        return texts(self.items(name), name)

    def _wrong(self, name: str, what: str) -> UserError:
        return UserError(f"{name} of {self._name} is not {what}")


def texts(values: object, name: str) -> list[str]:
    """A list of texts. Raises UserError."""
    if not isinstance(values, list) or not all(isinstance(each, str) and is_text(each) for each in values):
        raise UserError(f"{name} is not a list of texts")
    return values


def is_text(value: str) -> bool:
    """Whether it can be written down: no lone surrogates, no NUL."""
    return "\0" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)
