"""Values for declared parameters, from the command line or from the file that includes a template.

https://learn.microsoft.com/azure/devops/pipelines/process/template-parameters
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from drivetrain.definition import schema
from drivetrain.definition.shape import closest, is_empty, shown, unexpected
from drivetrain.definition.shorthand import in_full, steps_in_full
from drivetrain.errors import DefinitionError, Position
from drivetrain.lang.interpolation import node_to_value
from drivetrain.lang.tree import Mapping, Scalar, Sequence
from drivetrain.lang.values import Caseless, to_number, to_string
from drivetrain.lang.yaml import read

if TYPE_CHECKING:
    from collections.abc import Mapping as Given

    from drivetrain.definition.model import Parameter
    from drivetrain.definition.problems import Problems
    from drivetrain.lang.tree import Node
    from drivetrain.lang.values import Value

LISTS = frozenset({"containerList", "deploymentList", "jobList", "stageList", "stepList", "stringList"})
MAPPINGS = frozenset({"container", "deployment", "job", "stage", "step"})
STRUCTURES = LISTS | MAPPINGS | {"legacyObject", "object"}
"""Types whose values are written as YAML (or JSON) where they are given as text."""
_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)\Z")
_TEMPLATE = frozenset({"template"})
_FIRST: Given[str, frozenset[str]] = {
    "container": frozenset({"container"}),
    "deployment": frozenset({"deployment"}) | _TEMPLATE,
    "job": frozenset(schema.JOBS) | _TEMPLATE,
    "stage": frozenset({"stage"}) | _TEMPLATE,
    "step": frozenset(schema.STEPS) | _TEMPLATE,
}
"""Types of the language -> the keys that a value of it begins with."""


def bind_texts(
    declared: tuple[Parameter, ...], given: Given[str, str], problems: Problems, at: Position, *, assume: bool = False
) -> dict[str, Value]:
    """Values for the pipeline's own parameters, given as text; YAML for structures.

    With `assume`, a parameter without a value gets an empty one of its type.
    """
    by_lower = {parameter.name.lower(): parameter for parameter in declared}
    nodes: dict[str, tuple[Scalar, Node]] = {}
    for name, text in given.items():
        parameter = by_lower.get(name.lower())
        position = at if parameter is None else parameter.position
        node = _given(parameter, text, position, problems)
        if node is not None:
            nodes[name] = (Scalar(name, position), node)
    return bind(declared, nodes, problems, assume=assume)


def bind(
    declared: tuple[Parameter, ...],
    given: Given[str, tuple[Scalar, Node]],
    problems: Problems,
    *,
    at: Position | None = None,
    assume: bool = False,
) -> dict[str, Value]:
    """The value of every declared parameter; `given` holds key and value by name.

    Names are compared ignoring case, allowed values are not. `at` is where a template is included: there it is told
    that a value is missing; None for the pipeline's own parameters.
    """
    by_lower = {name.lower(): entry for name, entry in given.items()}
    values: dict[str, Value] = {}
    for parameter in declared:
        _, node = by_lower.pop(parameter.name.lower(), (None, None))
        chosen = parameter.default if node is None else node
        values[parameter.name] = _bound(parameter, chosen, problems) if chosen is not None else _missing(parameter)
        if chosen is None and not assume:
            message = f"A value for the '{parameter.name}' parameter must be provided."
            hint = f"it is declared without a default at {parameter.position}"
            hint = hint if at else "give it a default, or pass --parameter name=value"
            problems.error(at or parameter.position, message, code="missing-parameter", hint=hint)
    for key, node in by_lower.values():
        hint = closest(key.value, [parameter.name for parameter in declared])
        message = f"Unexpected parameter '{shown(key.value)}'"
        problems.error(node, message, code="unknown-parameter", hint=hint or "it is not declared below `parameters:`")
    return values


def bind_legacy(declared: tuple[Parameter, ...], given: Given[str, tuple[Scalar, Node]]) -> dict[str, Value]:
    """Values for the old mapping of names and defaults: anything may be given, and every scalar is a text."""
    values: dict[str, Value] = {
        parameter.name: node_to_value(parameter.default) for parameter in declared if parameter.default is not None
    }
    spelled = {name.lower(): name for name in values}
    for name, (_, node) in given.items():
        values[spelled.get(name.lower(), name)] = node_to_value(node)
    return values


def _given(parameter: Parameter | None, text: str, at: Position, problems: Problems) -> Node | None:
    """A value from outside: a text, or YAML (JSON too) for a structure."""
    if parameter is None or parameter.type not in STRUCTURES:
        return Scalar(text, at, "value")
    try:
        return read(text, file=f"parameter {parameter.name}")
    except DefinitionError as error:
        problems.extend(error.problems)
        return None


def _bound(parameter: Parameter, node: Node, problems: Problems) -> Value:
    return _allowed(parameter, node, _typed(parameter, node, problems), problems)


def _missing(parameter: Parameter) -> Value:
    return parameter.values[0] if parameter.values else _nothing(parameter.type)


def _nothing(kind: str) -> Value:
    """An empty value of a type."""
    if kind in LISTS:
        return []
    if kind == "number":
        return Decimal(0)
    return False if kind == "boolean" else "" if kind not in STRUCTURES else Caseless({})


def _typed(parameter: Parameter, node: Node, problems: Problems) -> Value:
    kind = parameter.type
    if kind == "object":
        return _object(node)
    if kind == "legacyObject":
        return node_to_value(node)
    if kind in LISTS | MAPPINGS:
        return _structure(parameter, node, problems)
    if kind == "pool" and isinstance(node, Mapping):
        return node_to_value(node)
    if not isinstance(node, Scalar):
        return _wrong(parameter, node, problems)
    return _scalar(parameter, node, problems)


def _scalar(parameter: Parameter, node: Scalar, problems: Problems) -> Value:
    word = node.value.strip().lower()
    if parameter.type == "boolean":
        return word == "true" if word in ("true", "false") else _wrong(parameter, node, problems)
    if parameter.type != "number":
        return node.value
    number = to_number(node.value) if word else None
    return number if isinstance(number, Decimal) else _wrong(parameter, node, problems)


def _structure(parameter: Parameter, node: Node, problems: Problems) -> Value:
    """A list or a mapping of the language; its steps are written in full, as templates see them on Azure."""
    if is_empty(node):
        return _nothing(parameter.type)
    if parameter.type == "stringList":
        good = isinstance(node, Sequence) and all(isinstance(item, Scalar) for item in node.items)
        return node_to_value(node) if good else _wrong(parameter, node, problems)
    wrong = _wrong_form(parameter.type, node)
    if wrong:
        at, message = wrong
        _invalid(parameter, node, problems)
        problems.error(at, message, code="wrong-value", hint=f"{parameter.name} is declared at {parameter.position}")
        return _nothing(parameter.type)
    if parameter.type == "step":
        return node_to_value(in_full(node))
    if parameter.type == "stepList" and isinstance(node, Sequence):
        return node_to_value(Sequence(tuple(in_full(item) for item in node.items), node.position))
    return node_to_value(steps_in_full(node))


def _wrong_form(kind: str, node: Node) -> tuple[Node, str] | None:
    """What is wrong with the form of a value, and where, in Azure's words."""
    if isinstance(node, Scalar) or isinstance(node, Mapping) == (kind in LISTS):
        return node, unexpected(node)
    if isinstance(node, Sequence):
        found = (_wrong_form(kind.removesuffix("List"), item) for item in node.items)
        return next((wrong for wrong in found if wrong), None)
    first = next(iter(node.entries), (None, None))[0]
    if first is None or first.value in _FIRST[kind]:
        return None
    return first, unexpected(first)


def _object(node: Node) -> Value:
    """An object's value: unlike everywhere else in the language, plain scalars of it have types."""
    return node_to_value(_retyped(node), _guessed)


def _retyped(node: Node) -> Node:
    """The node as it is printed when it is put in: `true` becomes `True`, `3.10` becomes 3.1, no text has quotes."""
    if isinstance(node, Sequence):
        return Sequence(tuple(_retyped(item) for item in node.items), node.position)
    if isinstance(node, Mapping):
        return Mapping(tuple((key, _retyped(value)) for key, value in node.entries), node.position)
    value = _guessed(node)
    return Scalar(to_string(value), node.position, "text" if isinstance(value, str) else "value")


def _guessed(node: Scalar) -> Value:
    """The value that a scalar looks like; what an expression gave is what it was: only no text is looked at again."""
    if node.style not in ("plain", "value"):
        return node.value
    word = node.value.lower()
    if word in ("true", "false"):
        return word == "true"
    if word in ("", "~", "null"):
        return ""
    number = to_number(node.value) if _NUMBER.match(node.value) else None
    return number if isinstance(number, Decimal) else node.value


def _wrong(parameter: Parameter, node: Node, problems: Problems) -> Value:
    _invalid(parameter, node, problems, f" value '{shown(node.value)}'" if isinstance(node, Scalar) else "")
    return _nothing(parameter.type)


def _invalid(parameter: Parameter, node: Node, problems: Problems, value: str = "") -> None:
    title = parameter.type[:1].upper() + parameter.type[1:]
    message = f"The '{parameter.name}' parameter{value} is not a valid {title}."
    hint = "write true or false" if title == "Boolean" else f"it is declared at {parameter.position}"
    problems.error(node, message, code="wrong-value", hint=hint)


def _allowed(parameter: Parameter, node: Node, value: Value, problems: Problems) -> Value:
    if not parameter.values or parameter.type in STRUCTURES - {"stringList"}:
        return value
    for one in value if isinstance(value, list) else [value]:
        if to_string(one) not in parameter.values:
            message = f"The '{parameter.name}' parameter value '{shown(to_string(one))}' is not a valid value."
            problems.error(node, message, code="wrong-value", hint=f"allowed: {', '.join(parameter.values)}")
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
