"""The values that expressions work with, and how each turns into another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Version:
    """A version number of two to four parts, such as 1.2.3."""

    parts: tuple[int, ...]


class FilteredArray(list["Value"]):
    """What `foo.*` gives: a further `.name` picks from each of its items."""


Value: TypeAlias = "None | bool | Decimal | str | Version | list[Value] | Mapping[str, Value]"


def to_boolean(value: Value) -> bool:
    """Whether the value counts as true."""
    raise NotImplementedError(value)


def to_string(value: Value) -> str:
    """The text of a value: True, False, "" for null, numbers without trailing zeros."""
    raise NotImplementedError(value)


def to_number(value: Value) -> Decimal | None:
    """The number a value stands for, or None when it stands for none."""
    raise NotImplementedError(value)
