"""Rows to try a model with: those of its example, and others like them."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..columns import Column

NUMBERS = frozenset(("double", "float", "long", "integer"))
_SEED = 7
_LIKE = 192
_MIXED = 64


def numbers_only(columns: list[Column]) -> bool:
    """Whether rows can be made without an example."""
    return bool(columns) and all(each.type in NUMBERS for each in columns)


def rows_like(columns: list[Column], example: list[list[Any]]) -> list[list[Any]]:
    """The example's rows; rows of their values, mixed; and rows of numbers in their ranges and a little beyond. Without
    an example: numbers around zero, of several sizes. The same each time.
    """
    chance = random.Random(_SEED)  # noqa: S311 - it is no secret
    if not example:
        return [[_of_any_size(column, chance) for column in columns] for _ in range(_LIKE + _MIXED)]
    values = [[row[at] for row in example] for at in range(len(columns))]
    mixed = [[chance.choice(each) for each in values] for _ in range(_MIXED)]
    like = [[_in_range(column, each, chance) for column, each in zip(columns, values)] for _ in range(_LIKE)]
    return example + mixed + like


def with_nulls(columns: list[Column], rows: list[list[Any]]) -> list[list[Any]]:
    """For each column that may lack a value, a row that does; empty when none may."""
    at = [place for place, column in enumerate(columns) if column.type in ("double", "float")]
    base = rows[0]
    return [[*base[:place], None, *base[place + 1 :]] for place in at] + ([[None] * len(base)] if at else [])


def _of_any_size(column: Column, chance: random.Random) -> Any:
    value = chance.gauss(0, 1) * 10 ** chance.randint(-1, 3)
    return value if column.type in ("double", "float") else round(value)


def _in_range(column: Column, values: list[Any], chance: random.Random) -> Any:
    known = [each for each in values if isinstance(each, (int, float)) and not isinstance(each, bool)]
    if column.type not in NUMBERS or not known:
        return chance.choice(values)
    low, high = min(known), max(known)
    margin = (high - low) / 2 or abs(low) / 2 or 1.0
    value = chance.uniform(low - margin, high + margin)
    return value if column.type in ("double", "float") else max(round(value), 0) if low >= 0 else round(value)
