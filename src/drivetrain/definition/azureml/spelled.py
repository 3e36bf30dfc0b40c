"""Reads what is spelled in two ways: REST bodies say `maxTotalTrials`, the nodes of a pipeline say `max_total_trials`.

Whatever a client sent may be there; the first thing that is wrong is said with the path of its field.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, TypeVar

from drivetrain.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from enum import StrEnum

E = TypeVar("E", bound="StrEnum")
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", re.ASCII)
_MOST_SECONDS = 366 * 86400.0


def plain(word: str) -> str:
    """A word as it is compared: without case and underscores."""
    return word.replace("_", "").lower()


class Spelled:
    """An object of JSON at a path. Every reader raises UserError that names the field."""

    def __init__(self, value: Any, path: str) -> None:
        """`path` is how messages call it, such as `properties.limits`."""
        if not isinstance(value, dict):
            raise UserError(f"{path} must be an object, not {_what(value)}")
        self.path = path
        self._values = {plain(str(key)): item for key, item in value.items()}
        self._items = value

    def __contains__(self, name: str) -> bool:
        return self._values.get(plain(name)) is not None

    def raw(self, name: str) -> Any:
        """Whatever stands there; None for nothing."""
        return self._values.get(plain(name))

    def items(self) -> Iterator[tuple[str, Any]]:
        """All keys as they are spelled, with their values."""
        return ((str(key), value) for key, value in self._items.items())

    def wrong(self, name: str, needed: str) -> UserError:
        """The error that says what the field must be."""
        return UserError(f"{self.path}.{name} must be {needed}, not {_what(self.raw(name))}")

    def object(self, name: str) -> Spelled:
        """An object; an empty one where there is nothing."""
        found = self.raw(name)
        return Spelled({} if found is None else found, f"{self.path}.{name}")

    def text(self, name: str, default: str | None = None) -> str:
        """A text. Without a default it has to be there."""
        found = self.raw(name)
        if found is None and default is not None:
            return default
        if not isinstance(found, str) or (default is None and not found):
            raise self.wrong(name, "a text")
        return found

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A boolean, also as text."""
        found = self.raw(name)
        if found is None:
            return default
        if isinstance(found, str) and found.lower() in {"true", "false"}:
            return found.lower() == "true"
        if not isinstance(found, bool):
            raise self.wrong(name, "true or false")
        return found

    def number(self, name: str, default: float, *, least: float = -math.inf, most: float = math.inf) -> float:
        """A finite number, also as text."""
        found = self.raw(name)
        if found is None:
            return default
        value = number_of(found)
        if value is None or not least <= value <= most:
            raise self.wrong(name, f"a number{_between(least, most)}")
        return value

    def whole(self, name: str, default: int, *, least: int, most: int) -> int:
        """A whole number."""
        value = self.number(name, default, least=least, most=most)
        if value != int(value):
            raise self.wrong(name, "a whole number")
        return int(value)

    def choice(self, name: str, known: type[E], default: E | None = None) -> E:
        """One of the words of an enumeration, in any spelling."""
        found = self.raw(name)
        if found is None and default is not None:
            return default
        words = {plain(word.value): word for word in known}
        chosen = words.get(plain(found)) if isinstance(found, str) else None
        if chosen is None:
            raise self.wrong(name, f"one of {', '.join(word.value for word in known)}")
        return chosen

    def seconds(self, name: str) -> float:
        """A duration as ISO 8601 writes it (`PT1H`), or in seconds; 0 where there is nothing."""
        found = self.raw(name)
        if found is None:
            return 0.0
        value = number_of(found)
        match = _DURATION.fullmatch(found) if isinstance(found, str) else None
        if value is None and match and found not in {"P", "PT"}:
            days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
            value = days * 86400 + hours * 3600 + minutes * 60 + seconds
        if value is None or not 0 <= value <= _MOST_SECONDS:
            raise self.wrong(name, "a duration such as PT1H30M, of 366 days at most")
        return value


def number_of(value: Any) -> float | None:
    """A finite number, also from text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _between(least: float, most: float) -> str:
    if least == -math.inf:
        return ""
    return f" of at least {least:g}" if most == math.inf else f" from {least:g} to {most:g}"


def _what(value: Any) -> str:
    if value is None:
        return "missing"
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    shown = str(value)
    return f"'{shown[:60]}...'" if len(shown) > 60 else f"'{shown}'"  # noqa: PLR2004 - a message's width
