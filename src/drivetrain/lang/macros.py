"""`$(name)` in a text becomes the variable's value, as the Azure Pipelines agent does it.

https://learn.microsoft.com/azure/devops/pipelines/process/variables#understand-variable-syntax
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LIMIT = 10_000_000
"""The greatest number of characters of an expanded text."""
MAX_DEPTH = 50


class _UnexpandableError(Exception):
    """A variable refers to itself, or too deep."""


def expand_macros(text: str, lookup: Callable[[str], str | None], *, limit: int = LIMIT) -> str:
    """The text with every `$(name)` that `lookup` knows replaced; what it does not know is left as it is.

    A value's own macros are expanded too, up to 50 deep; the value of a variable that refers to itself, directly or
    not, is taken as it is written. What comes out is not looked at again: `$(a$(b))` expands `$(b)` only.
    Raises UserError when the text would grow beyond `limit` characters.
    """
    return _Expansion(lookup, limit).expand(text)


class _Expansion:
    """One call's memory: each variable is expanded once."""

    def __init__(self, lookup: Callable[[str], str | None], limit: int) -> None:
        self.lookup = lookup
        self.limit = limit
        self.done: dict[str, tuple[str, int]] = {}
        self.cyclic: set[str] = set()

    def expand(self, text: str) -> str:
        return self.joined(self.pieces(text))

    def joined(self, pieces: Iterator[str]) -> str:
        size, kept = 0, []
        for piece in pieces:
            size += len(piece)
            if size > self.limit:
                message = f"Variables expand to more than {self.limit} characters."
                raise UserError(message, hint="look for variables that repeat one another")
            kept.append(piece)
        return "".join(kept)

    def pieces(self, text: str) -> Iterator[str]:
        for literal, name in _split(text):
            yield literal
            if name is None:
                continue
            raw = self.lookup(name) if name else None
            yield f"$({name})" if raw is None else self.variable(name, raw)

    def variable(self, name: str, raw: str) -> str:
        """The value of a variable, its own macros expanded; as written where that cannot be done."""
        try:
            return self.nested(name, raw, ())[0]
        except _UnexpandableError:
            return raw

    def nested(self, name: str, raw: str, above: tuple[str, ...]) -> tuple[str, int]:
        """The expanded value, and how many levels it took."""
        key = name.upper()
        if key in above or key in self.cyclic:
            self.cyclic.update(above)
            raise _UnexpandableError
        if key not in self.done:
            levels = [0]
            value = self.joined(self.nested_pieces(raw, (*above, key), levels))
            self.done[key] = (value, max(levels) + 1)
        if len(above) + self.done[key][1] > MAX_DEPTH:
            raise _UnexpandableError
        return self.done[key]

    def nested_pieces(self, raw: str, above: tuple[str, ...], levels: list[int]) -> Iterator[str]:
        for literal, name in _split(raw):
            yield literal
            if name is None:
                continue
            inner = self.lookup(name) if name else None
            if inner is None:
                yield f"$({name})"
                continue
            if len(above) >= MAX_DEPTH:
                raise _UnexpandableError
            value, level = self.nested(name, inner, above)
            levels.append(level)
            yield value


def _split(text: str) -> Iterator[tuple[str, str | None]]:
    """Literal texts, each with the name of the macro after it; a `$(` that another follows is literal."""
    start = 0
    while (opened := text.find("$(", start)) >= 0:
        closed = text.find(")", opened + 2)
        if closed < 0:
            break
        opened = text.rfind("$(", opened, closed)
        yield text[start:opened], text[opened + 2 : closed]
        start = closed + 1
    yield text[start:], None
