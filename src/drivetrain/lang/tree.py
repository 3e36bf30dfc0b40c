"""What a YAML file says, with the place of every word: frozen nodes, every scalar a string.

A node is made after what it holds, so none is ever part of a circle: the collector need not walk them (`gc=False`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct

from drivetrain.errors import Position

if TYPE_CHECKING:
    from collections.abc import Iterator

Style = Literal["plain", "quoted", "block", "folded", "text", "value"]
"""How the file writes a scalar: a `block` has |, one that is `folded` has >. What an expression gave is a `text`, or a
`value` when it was a number or a boolean.
"""


class Scalar(Struct, frozen=True, eq=False, gc=False):
    """A word or a text. `3.10` stays "3.10"; an empty plain scalar is "", which Azure reads as null."""

    value: str
    position: Position
    """Where the text begins: after the quote, on the first line of a block."""
    style: Style = "plain"
    spans: tuple[tuple[int, int, int], ...] = ()
    """Where the text is not one run in the file: (offset in `value`, line, column), by offset. No part of what the
    scalar is: two that differ only in it are equal.
    """
    header: tuple[int, int] | None = None
    """Line and column of the `|` or `>` of a block. No part of what the scalar is either."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Scalar):
            return NotImplemented
        return (self.value, self.position, self.style) == (other.value, other.position, other.style)

    def __hash__(self) -> int:
        return hash((self.value, self.position, self.style))

    @property
    def given(self) -> bool:
        """Whether an expression gave it: its text is never looked into again."""
        return self.style in ("text", "value")

    @property
    def start(self) -> Position:
        """Where the scalar itself begins, with its quote or the sign of its block: the place that Azure names."""
        if self.header is not None:
            return Position(self.position.file, *self.header)
        if self.style != "quoted":
            return self.position
        return Position(self.position.file, self.position.line, self.position.column - 1)

    def position_at(self, offset: int) -> Position:
        """The place in the file of the character at `offset` of `value`, as near as can be told."""
        start, line, column = 0, self.position.line, self.position.column
        for span in self.spans:
            if span[0] > offset:
                break
            start, line, column = span
        return Position(self.position.file, line, column + max(offset, 0) - start)


class Sequence(Struct, frozen=True, gc=False):
    """A list."""

    items: tuple[Node, ...]
    position: Position

    def __iter__(self) -> Iterator[Node]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


class Mapping(Struct, frozen=True, gc=False):
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
