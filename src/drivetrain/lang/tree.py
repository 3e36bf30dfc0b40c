"""What a YAML file says, with the place of every word: frozen nodes, every scalar a string."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from drivetrain.errors import Position

if TYPE_CHECKING:
    from collections.abc import Iterator

Style = Literal["plain", "quoted", "block"]


@dataclass(frozen=True, slots=True)
class Scalar:
    """A word or a text. `3.10` stays "3.10"; an empty plain scalar is "", which Azure reads as null."""

    value: str
    position: Position
    """Where the text begins: after the quote, on the first line of a block."""
    style: Style = "plain"
    spans: tuple[tuple[int, int, int], ...] = field(default=(), compare=False, repr=False)
    """Where the text is not one run in the file: (offset in `value`, line, column), by offset."""

    def position_at(self, offset: int) -> Position:
        """The place in the file of the character at `offset` of `value`, as near as can be told."""
        start, line, column = 0, self.position.line, self.position.column
        for span in self.spans:
            if span[0] > offset:
                break
            start, line, column = span
        return Position(self.position.file, line, column + max(offset, 0) - start)


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    items: tuple[Node, ...]
    position: Position

    def __iter__(self) -> Iterator[Node]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and what they hold, in the order of the file; keys are unique, but for `${{ }}` directives."""

    entries: tuple[tuple[Scalar, Node], ...]
    position: Position

    def get(self, key: str) -> Node | None:
        """What the first entry of exactly this key holds, or None."""
        for scalar, node in self.entries:
            if scalar.value == key:
                return node
        return None

    def keys(self) -> tuple[str, ...]:
        """The keys' texts, in order."""
        return tuple(scalar.value for scalar, _ in self.entries)

    def __len__(self) -> int:
        return len(self.entries)


Node: TypeAlias = Scalar | Sequence | Mapping
