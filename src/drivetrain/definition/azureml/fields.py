"""Reads a REST body field by field: everything that is wrong with it is told at once, by the names of its fields."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from drivetrain.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LONGEST_TEXT = 1 << 20
"""Characters of a command, a description, the value of an input."""
MOST_ENTRIES = 1000
"""Inputs, tags, environment variables."""
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", re.ASCII)


class Fields:
    """An object of a body. Fields are `null` where they are not given; those that nobody asks for are left alone."""

    def __init__(self, value: object, at: str, problems: list[str] | None = None) -> None:
        """`at`: how the object is called in messages."""
        self.at = at
        self._problems: list[str] = [] if problems is None else problems
        self._values: Mapping[str, Any] = {}
        if isinstance(value, dict):
            self._values = value
        elif value is not None:
            self.refuse("", f"must be an object, not {_kind(value)}")

    def refuse(self, name: str, why: str) -> None:
        """Note what is wrong with a field."""
        self._problems.append(f"{self.at}{'.' if name else ''}{name} {why}")

    def checked(self) -> None:
        """Raise UserError with everything that was noted."""
        if self._problems:
            raise UserError("; ".join(self._problems[:20]))

    def text(self, name: str, default: str = "", *, required: bool = False) -> str:
        """A text."""
        value = self._values.get(name)
        if value is None or value == "":
            if required:
                self.refuse(name, "is required")
            return default
        if not isinstance(value, str) or len(value) > LONGEST_TEXT or "\0" in value:
            self.refuse(name, f"must be a text, not {_kind(value)}")
            return default
        return value

    def choice(self, name: str, allowed: Mapping[str, Any], default: Any) -> Any:
        """What one of several words, in any case and with or without `_`, stands for."""
        word = self.text(name)
        if not word:
            return default
        found = {_plain(key): value for key, value in allowed.items()}.get(_plain(word))
        if found is None:
            self.refuse(name, f"is '{word[:100]}': use one of {', '.join(allowed)}")
            return default
        return found

    def number(self, name: str, default: int, least: int = 1, most: int = 1000) -> int:
        """A whole number."""
        value = self._values.get(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.refuse(name, f"must be a whole number of {least} to {most}")
            return default
        return value

    def seconds(self, name: str) -> float:
        """A duration such as `PT5M` (ISO 8601), in seconds; 0 when it is not given."""
        text = self.text(name)
        found = _DURATION.fullmatch(text)
        if not text or len(text) > 40 or found is None or text in ("P", "PT"):  # noqa: PLR2004 - of any sane duration
            if text:
                self.refuse(name, "must be a duration such as PT5M (ISO 8601)")
            return 0.0
        days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
        return ((days * 24 + hours) * 60 + minutes) * 60 + seconds

    def texts(self, name: str) -> dict[str, str]:
        """An object of texts; numbers and truth values are taken as texts, `null` is left out."""
        found = {}
        for key, value in self._entries(name):
            if isinstance(value, (bool, int, float)):
                found[key] = str(value)
            elif isinstance(value, str) and len(value) <= LONGEST_TEXT and "\0" not in value + key:
                found[key] = value
            elif value is not None:
                self.refuse(f"{name}.{key[:100]}", f"must be a text, not {_kind(value)}")
        return found

    def object(self, name: str) -> Fields | None:
        """An object of its own; None when it is not given."""
        value = self._values.get(name)
        return None if value is None else Fields(value, f"{self.at}.{name}", self._problems)

    def objects(self, name: str) -> Iterator[tuple[str, Fields]]:
        """An object of objects."""
        for key, value in self._entries(name):
            yield key, Fields(value, f"{self.at}.{name}.{key[:100]}", self._problems)

    def raw(self, name: str) -> Any:
        """Whatever is there."""
        return self._values.get(name)

    def _entries(self, name: str) -> Iterator[tuple[str, Any]]:
        value = self._values.get(name)
        if value is None:
            return
        if not isinstance(value, dict) or len(value) > MOST_ENTRIES:
            self.refuse(name, f"must be an object of at most {MOST_ENTRIES} entries")
            return
        yield from value.items()


def _plain(word: str) -> str:
    return word.replace("_", "").lower()


def _kind(value: object) -> str:
    kinds = {dict: "an object", list: "a list", str: "one that is too long or has a zero byte", type(None): "null"}
    return kinds.get(type(value), "a number" if not isinstance(value, bool) else "a truth value")
