"""The search space of a sweep, as REST writes it (`["uniform", [0, 1]]`) and as nodes of pipelines write it
(`{"type": "uniform", "min_value": 0, "max_value": 1}`).

https://learn.microsoft.com/azure/machine-learning/reference-yaml-job-sweep#parameter-expressions
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from drivetrain.definition.azureml.spelled import Spelled
from drivetrain.definition.azureml.sweep.model import Distribution, Shape
from drivetrain.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_PARAMETERS = 100
MOST_CHOICES = 1000
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}", re.ASCII)
_BOUNDS = ("min_value", "max_value")
_MOMENTS = ("mu", "sigma")
_LARGEST = 1e300
_LARGEST_LOG = 690.0  # e to this is about 1e300
_SHAPES = {shape.value: shape for shape in Shape}


def search_space(fields: Spelled) -> Mapping[str, Distribution]:
    """The distributions by name. Raises UserError that names the parameter."""
    space = {name: _named(name, value, fields.path) for name, value in fields.items()}
    if len(space) > MOST_PARAMETERS:
        raise UserError(f"{fields.path} has {len(space)} parameters, {MOST_PARAMETERS} at most are allowed")
    return space


def _named(name: str, value: Any, path: str) -> Distribution:
    if not _NAME.fullmatch(name):
        raise UserError(f"{path}: '{name[:60]}' is no name of a parameter: letters, digits and _ only")
    return distribution(value, f"{path}.{name}", nesting=True)


def distribution(value: Any, path: str, *, nesting: bool = False) -> Distribution:
    """One distribution. Raises UserError."""
    shape, numbers = _spelled(value, path)
    if shape is Shape.CHOICE:
        return _choice(numbers[0] if numbers else None, path, nesting=nesting)
    fields = Spelled(dict(zip(_names(shape), numbers, strict=False)), path)
    if shape is Shape.RANDINT:
        return Distribution(shape, 0.0, float(fields.whole("upper", 0, least=1, most=2**53)))
    largest = _LARGEST_LOG if shape.logarithmic else _LARGEST
    first, second = (_needed(fields, name, largest) for name in _names(shape)[:2])
    step = _needed(fields, "q", _LARGEST) if "q" in _names(shape) else 0.0
    _check(shape, first, second, step, path)
    return Distribution(shape, first, second, step)


def _names(shape: Shape) -> tuple[str, ...]:
    """What the numbers of a shape are called."""
    if shape is Shape.CHOICE:
        return ("values",)
    if shape is Shape.RANDINT:
        return ("upper",)
    return (*(_MOMENTS if shape.normal else _BOUNDS), *(["q"] if shape.value.startswith("q") else []))


def _spelled(value: Any, path: str) -> tuple[Shape, Sequence[Any]]:
    """The shape, and its numbers in order."""
    if isinstance(value, dict):
        shape = Spelled(value, path).choice("type", Shape)
        return shape, [value.get(name) for name in _names(shape)]
    if isinstance(value, list) and len(value) == 2 and isinstance(value[1], list):  # noqa: PLR2004 - name and numbers
        found = _SHAPES.get(str(value[0]).lower())
        if found:
            return found, value[1]
    raise UserError(f"{path} is no distribution; there are {', '.join(_SHAPES)}")


def _needed(fields: Spelled, name: str, largest: float) -> float:
    if name not in fields:
        raise fields.wrong(name, "a number")
    return fields.number(name, 0.0, least=-largest, most=largest)


def _check(shape: Shape, first: float, second: float, step: float, path: str) -> None:
    if shape.normal and second <= 0:
        raise UserError(f"{path}: sigma must be greater than 0")
    if not shape.normal and second < first:
        raise UserError(f"{path}: max_value is less than min_value")
    if shape.value.startswith("q") and step <= 0:
        raise UserError(f"{path}: q must be greater than 0")


def _choice(values: Any, path: str, *, nesting: bool) -> Distribution:
    if not isinstance(values, list) or not 0 < len(values) <= MOST_CHOICES:
        raise UserError(f"{path}: a choice needs a list of 1 to {MOST_CHOICES} values")
    nested = {number: found for number, value in enumerate(values) if (found := _nested(value, path, nesting=nesting))}
    return Distribution(Shape.CHOICE, choices=tuple(values), nested=nested)


def _nested(value: Any, path: str, *, nesting: bool) -> dict[str, Distribution]:
    """The distributions inside a choice that is an object; its other values are as they are."""
    if not isinstance(value, dict):
        return {}
    found = {name: item for name, item in value.items() if _looks_drawn(item)}
    if found and not nesting:
        raise UserError(f"{path}: distributions are nested too deep")
    return {str(name): distribution(item, f"{path}.{name}") for name, item in found.items()}


def _looks_drawn(item: Any) -> bool:
    named = item[0] if isinstance(item, list) and len(item) == 2 else None  # noqa: PLR2004 - name and numbers
    return isinstance(named, str) and named.lower() in _SHAPES and isinstance(item[1], list)
