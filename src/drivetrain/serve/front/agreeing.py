"""Whether two answers say the same."""

from __future__ import annotations

from math import isclose, isnan
from typing import Any

import msgspec

TOLERANCE = 1e-4
"""Relative: answers of models with 32-bit numbers differ by less from one runtime to another, when they agree."""
NEAR_ZERO = 1e-6
MOST_BYTES = 256 << 10
"""Longer ones agree only when they are the same byte by byte: comparing them would keep callers waiting."""


def agree(one: bytes, other: bytes) -> bool:
    """Whether both are the same JSON, but for the last digits of numbers. What is no JSON has to be the same bytes."""
    if one == other:
        return True
    if max(len(one), len(other)) > MOST_BYTES:
        return False
    try:
        return _same(msgspec.json.decode(one), msgspec.json.decode(other))
    except (msgspec.DecodeError, RecursionError, OverflowError):
        return False


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(value, other[key]) for key, value in one.items())
    if _is_number(one) and _is_number(other):
        return isclose(one, other, rel_tol=TOLERANCE, abs_tol=NEAR_ZERO) or (isnan(one) and isnan(other))
    return type(one) is type(other) and bool(one == other)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
