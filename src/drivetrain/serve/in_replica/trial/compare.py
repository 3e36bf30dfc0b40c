"""Whether two answers are the same, as far as that can be asked of single precision."""

from __future__ import annotations

import math
from typing import Any

RELATIVE = 1e-4
ABSOLUTE = 1e-5
"""Numbers may differ by ABSOLUTE + RELATIVE x the model's own; labels not at all."""


def difference(own: Any, other: Any) -> float:
    """The largest difference of two answers in plain lists, as a share of what is allowed: at most 1 is the same."""
    if isinstance(own, (list, tuple)):
        if not isinstance(other, (list, tuple)) or len(own) != len(other):
            return math.inf
        return max((difference(*pair) for pair in zip(own, other)), default=0.0)
    if isinstance(own, float) and isinstance(other, float):
        return _of_numbers(own, other)
    return 0.0 if type(own) is type(other) and own == other else math.inf


def _of_numbers(own: float, other: float) -> float:
    if math.isnan(own) or math.isnan(other):
        return 0.0 if math.isnan(own) and math.isnan(other) else math.inf
    return 0.0 if own == other else abs(own - other) / (ABSOLUTE + RELATIVE * abs(own))
