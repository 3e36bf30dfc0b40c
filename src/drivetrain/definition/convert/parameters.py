"""`parameters`: what is declared, and the values that a run gives.

https://learn.microsoft.com/azure/devops/pipelines/process/runtime-parameters
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from drivetrain.definition import schema
from drivetrain.definition.model import Parameter
from drivetrain.definition.shape import closest, fields, is_empty, items, shown, string, text, to_bool, what
from drivetrain.errors import DefinitionError, Position
from drivetrain.lang.interpolation import node_to_value
from drivetrain.lang.tree import Mapping, Scalar, Sequence
from drivetrain.lang.values import to_number, to_string
from drivetrain.lang.yaml import read

if TYPE_CHECKING:
    from collections.abc import Mapping as Given

    from drivetrain.definition.problems import Problems
    from drivetrain.lang.tree import Node
    from drivetrain.lang.values import Value

_PLACEHOLDERS: Given[str, Value] = {
    "string": "",
    "number": Decimal(0),
    "boolean": False,
    "object": {},
    "stringList": [],
}


def convert_parameters(node: Node | None, problems: Problems) -> tuple[Parameter, ...]:
    """The declared parameters, from the typed list or the legacy mapping of defaults."""
    if isinstance(node, Mapping):
        return tuple(
            Parameter(key.value, "string" if isinstance(value, Scalar) else "object", key.position, default=value)
            for key, value in node.entries
        )
    found: dict[str, Parameter] = {}
    for item in items(node, "parameters", problems):
        parameter = _parameter(item, problems)
        if parameter is None:
            continue
        if parameter.name.lower() in found:
            message = f"parameter '{parameter.name}' is declared twice"
            problems.error(parameter.position, message, code="duplicate-name")
        found.setdefault(parameter.name.lower(), parameter)
    return tuple(found.values())


def _parameter(item: Node, problems: Problems) -> Parameter | None:
    found = fields(item, schema.PARAMETER, problems)
    name = text(found.get("name"), "name of a parameter", problems)
    if name is None or not name.value:
        problems.error(item, "a parameter needs a name", code="missing-key")
        return None
    kind = _type(found.get("type"), problems)
    if kind is None:
        return None
    allowed = items(found.get("values"), "values of a parameter", problems)
    texts = (text(value, "a value of a parameter", problems) for value in allowed)
    return Parameter(
        name.value,
        kind,
        name.position,
        display_name=string(found.get("displayName"), "displayName", problems),
        default=found.get("default"),
        values=tuple(value.value for value in texts if value is not None),
    )


def _type(node: Node | None, problems: Problems) -> str | None:
    found = text(node, "type of a parameter", problems)
    if found is None or is_empty(found):
        return "string"
    by_lower = {kind.lower(): kind for kind in schema.PARAMETER_TYPES}
    if found.value.lower() in by_lower:
        return by_lower[found.value.lower()]
    later = {kind.lower() for kind in schema.PARAMETER_TYPES_LATER}
    if found.value.lower() in later:
        problems.not_yet(found, f"parameters of type {found.value}")
        return None
    hint = closest(found.value, schema.PARAMETER_TYPES)
    problems.error(found, f"unknown parameter type '{shown(found.value)}'", code="wrong-value", hint=hint)
    return None


def bind(
    declared: tuple[Parameter, ...], given: Given[str, str], problems: Problems, at: Position, *, assume: bool = False
) -> dict[str, Value]:
    """The value of every declared parameter. With `assume`, one without a value gets an empty one of its type."""
    by_lower = {name.lower(): value for name, value in given.items()}
    values: dict[str, Value] = {}
    for parameter in declared:
        values[parameter.name] = _bound(parameter, by_lower.pop(parameter.name.lower(), None), problems, assume=assume)
    for name in by_lower:
        hint = closest(name, [parameter.name for parameter in declared])
        problems.error(at, f"the pipeline has no parameter '{shown(name)}'", code="unknown-parameter", hint=hint)
    return values


def _bound(parameter: Parameter, given: str | None, problems: Problems, *, assume: bool) -> Value:
    node = _given_node(parameter, given, problems) if given is not None else parameter.default
    if node is not None:
        return _allowed(parameter, node, _typed(parameter, node, problems), problems)
    if not assume and given is None:
        message = f"A value for the '{parameter.name}' parameter must be provided."
        hint = "give it a default, or pass --parameter name=value"
        problems.error(parameter.position, message, code="missing-parameter", hint=hint)
    return parameter.values[0] if parameter.values else _PLACEHOLDERS[parameter.type]


def _given_node(parameter: Parameter, given: str, problems: Problems) -> Node | None:
    """A value from outside: a text, or YAML (JSON too) for a structure."""
    if parameter.type not in ("object", "stringList"):
        return Scalar(given, parameter.position, "quoted")
    try:
        return read(given, file=f"parameter {parameter.name}")
    except DefinitionError as error:
        problems.extend(error.problems)
        return None


def _typed(parameter: Parameter, node: Node, problems: Problems) -> Value:
    if parameter.type == "object":
        return node_to_value(node)
    if parameter.type == "stringList":
        return _string_list(parameter, node, problems)
    if not isinstance(node, Scalar):
        return _wrong(parameter, node, problems)
    if parameter.type == "string":
        return node.value
    value: Value = to_bool(node.value) if parameter.type == "boolean" else _number(node.value)
    return _wrong(parameter, node, problems) if value is None else value


def _number(word: str) -> Decimal | None:
    number = to_number(word) if word.strip() else None
    return number if isinstance(number, Decimal) else None


def _string_list(parameter: Parameter, node: Node, problems: Problems) -> Value:
    if isinstance(node, Sequence) and all(isinstance(item, Scalar) for item in node.items):
        return node_to_value(node)
    return _wrong(parameter, node, problems)


def _wrong(parameter: Parameter, node: Node, problems: Problems) -> Value:
    message = f"parameter '{parameter.name}' must be a {parameter.type}, not {what(node)}"
    problems.error(node, message, code="wrong-value")
    return _PLACEHOLDERS[parameter.type]


def _allowed(parameter: Parameter, node: Node, value: Value, problems: Problems) -> Value:
    if not parameter.values:
        return value
    chosen = value if isinstance(value, list) else [value]
    for one in chosen:
        word = to_string(one)
        if word.lower() not in {allowed.lower() for allowed in parameter.values}:
            message = f"'{shown(word)}' is not allowed for parameter '{parameter.name}'"
            hint = f"allowed: {', '.join(parameter.values)}"
            problems.error(node, message, code="wrong-value", hint=hint)
    return value


def to_json(value: Value) -> object:
    """A parameter's value as plain JSON."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, list):
        return [to_json(item) for item in value]
    if value is None or isinstance(value, bool | str):
        return value
    return {name: to_json(item) for name, item in value.items()} if hasattr(value, "items") else to_string(value)
