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
    """A word or a text. `3.10` stays "3.10"; an empty plain scalar is "" (Azure reads it as null where that matters)."""

    value: str
    position: Position
    style: Style = "plain"
    lines: tuple[tuple[int, int], ...] = field(default=(), compare=False, repr=False)
    """Where the text runs over several lines: for each line of `value`, its line and column in the file."""

    def position_at(self, offset: int) -> Position:
        """The place in the file of the character at `offset` of `value`; exact where one line of text is one of the file."""
        if not self.lines:
            return Position(self.position.file, self.position.line, self.position.column + offset)
        before = self.value[:offset]
        index = min(before.count("\n"), len(self.lines) - 1)
        line, column = self.lines[index]
        return Position(self.position.file, line, column + offset - (before.rfind("\n") + 1))


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
    """Keys and what they hold, in the order of the file. Keys are unique when the node was read from a file."""

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
