"""What inputs a component takes, and whether what it is given is of their types.

https://learn.microsoft.com/azure/machine-learning/reference-yaml-component-command#component-inputs
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drivetrain.definition.azureml.model import ASSET_TYPES, JobInput
from drivetrain.definition.azureml.pipeline.model import NodeOutput
from drivetrain.definition.azureml.spelled import Spelled, number_of
from drivetrain.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Given = JobInput | NodeOutput
_WORDS = {"true": True, "false": False}


def checked_inputs(
    declared: Spelled, given: Mapping[str, Given], where: str, searched: frozenset[str] = frozenset()
) -> dict[str, Given]:
    """What a component gets: what it is given, with its defaults. `searched` are values that a sweep gives. Raises
    UserError that names the input.
    """
    inputs = {name: Spelled(value, f"{where}: input '{name}'") for name, value in declared.items()}
    for name in given:
        if name not in inputs:
            known = ", ".join(inputs) or "none"
            raise UserError(f"{where} has no input '{name}': its component declares {known}")
    return dict(_filled(inputs, given, where, searched))


def _filled(
    inputs: Mapping[str, Spelled], given: Mapping[str, Given], where: str, searched: frozenset[str]
) -> Iterator[tuple[str, Given]]:
    for name, described in inputs.items():
        if name in given:
            _check(given[name], described)
            yield name, given[name]
        elif name not in searched and described.raw("default") is not None:
            yield name, JobInput(value=literal_text(described.raw("default")))
        elif name not in searched and not described.flag("optional"):
            raise UserError(f"{where}: its input '{name}' is required and not given")


def is_asset(declared_type: str) -> bool:
    """Whether something of this type lies somewhere, and is no value. `path` is what version 1 calls a folder."""
    return declared_type in ASSET_TYPES or declared_type == "path"


def _check(given: Given, described: Spelled) -> None:
    kind = described.text("type", "string").lower()
    if isinstance(given, NodeOutput):
        if not is_asset(kind):
            raise UserError(f"{described.path} is a {kind}, but is bound to an output, which is data")
    elif is_asset(kind) == given.literal:
        found = "the value " + repr(given.value[:60]) if given.literal else f"data ({given.type})"
        raise UserError(f"{described.path} is a {kind}, not {found}")
    elif given.literal:
        _check_value(given.value, kind, described)


def _check_value(value: str, kind: str, described: Spelled) -> None:
    if kind in ("number", "integer"):
        number = number_of(value)
        if number is None or (kind == "integer" and not number.is_integer()):
            raise UserError(f"{described.path} is {'an' if kind == 'integer' else 'a'} {kind}, not {value[:60]!r}")
        _check_range(number, described)
    elif kind == "boolean" and value.lower() not in _WORDS:
        raise UserError(f"{described.path} is a boolean, not {value[:60]!r}")
    allowed = described.raw("enum")
    if isinstance(allowed, list) and value not in [literal_text(each) for each in allowed]:
        raise UserError(f"{described.path} must be one of {', '.join(map(str, allowed))}, not {value[:60]!r}")


def _check_range(number: float, described: Spelled) -> None:
    least, most = number_of(described.raw("min")), number_of(described.raw("max"))
    if (least is not None and number < least) or (most is not None and number > most):
        raise UserError(f"{described.path} must be from {least} to {most}, not {number:g}")


def literal_text(value: Any) -> str:
    """A literal as text."""
    return value if isinstance(value, str) else str(value)
