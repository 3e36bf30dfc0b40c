"""Values of a search space from numbers between 0 and 1: every number gives a legal value.

https://learn.microsoft.com/azure/machine-learning/how-to-tune-hyperparameters#define-the-search-space
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from drivetrain.definition.azureml.sweep.model import Distribution, Shape

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LARGEST_LOG = 690.0  # e to this is about 1e300
_EDGE = 1e-12
_STANDARD = NormalDist()


def draw(space: Mapping[str, Distribution], unit: Callable[[], float], log_base: float = 0.0) -> dict[str, Any]:
    """A value for every parameter; `unit` gives the next number between 0 and 1. As many are asked for as the space has
    parameters, and one more for each parameter inside a choice that was drawn.
    """
    return {name: _drawn(distribution, unit, log_base) for name, distribution in space.items()}


def _drawn(distribution: Distribution, unit: Callable[[], float], log_base: float) -> Any:
    number = min(max(unit(), 0.0), 1.0 - _EDGE)
    if distribution.shape is Shape.CHOICE:
        index = int(number * len(distribution.choices))
        return chosen(distribution, index, lambda inner: _drawn(inner, unit, log_base))
    if distribution.shape is Shape.RANDINT:
        return min(int(number * distribution.second), int(distribution.second) - 1)
    return _rounded(distribution, _continuous(distribution, number, log_base))


def chosen(distribution: Distribution, index: int, inner: Callable[[Distribution], Any]) -> Any:
    """The choice of this number; what is nested in it is made by `inner`."""
    value, nested = distribution.choices[index], distribution.nested.get(index)
    if not nested:
        return value
    return {**value, **{name: inner(found) for name, found in nested.items()}}


def _continuous(distribution: Distribution, number: float, log_base: float) -> float:
    first, second = distribution.first, distribution.second
    if distribution.shape.normal:
        value = first + second * _STANDARD.inv_cdf(max(number, _EDGE))
    else:
        value = min(max(first + number * (second - first), first), second)
    return math.exp(_exponent(value, log_base)) if distribution.shape.logarithmic else value


def _exponent(value: float, log_base: float) -> float:
    """`value` as the exponent of e, kept so small that the power is a number."""
    factor = math.log(log_base) if log_base else 1.0
    return min(max(value * factor, -_LARGEST_LOG), _LARGEST_LOG)


def _rounded(distribution: Distribution, value: float) -> float:
    return quantized(value, distribution.step) if distribution.step else value


def quantized(value: float, step: float) -> float:
    """`round(value / step) * step`, as Azure says it; a whole number for a whole step."""
    steps = value / step
    found = round(steps) * step if math.isfinite(steps) else value
    return int(found) if float(step).is_integer() and math.isfinite(found) else found
