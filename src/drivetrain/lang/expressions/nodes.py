"""The parts of a parsed expression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from drivetrain.lang.values import Value


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal."""

    value: Value
    position: int


@dataclass(frozen=True, slots=True)
class Named:
    """A named value (a context), such as `variables`."""

    name: str
    position: int


@dataclass(frozen=True, slots=True)
class Index:
    """`target.name` or `target[index]`."""

    target: Part
    index: Part
    position: int


@dataclass(frozen=True, slots=True)
class Wildcard:
    """`target.*` or `target[*]`."""

    target: Part
    position: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function and its arguments."""

    name: str
    arguments: tuple[Part, ...]
    position: int


Part: TypeAlias = Constant | Named | Index | Wildcard | Call


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression: its text and its root, None where the text is empty."""

    text: str
    root: Part | None
