"""`parameters`: what is declared.

https://learn.microsoft.com/azure/devops/pipelines/process/runtime-parameters
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from drivetrain.definition import schema
from drivetrain.definition.model import Parameter
from drivetrain.definition.shape import closest, fields, is_empty, items, string, text, unexpected
from drivetrain.lang.expressions import ExpressionError, parse
from drivetrain.lang.expressions.nodes import Constant
from drivetrain.lang.interpolation import is_whole
from drivetrain.lang.tree import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from drivetrain.definition.problems import Problems
    from drivetrain.lang.tree import Node


_NOT_IN_TEMPLATES = frozenset({"environment", "filePath", "pool", "secureFile", "serviceConnection"})
_NOT_AT_ROOT = frozenset({"legacyObject"})


def convert_parameters(node: Node | None, problems: Problems, *, template: bool = False) -> tuple[Parameter, ...]:
    """The declared parameters, from the typed list or the legacy mapping of defaults; of a pipeline or a template."""
    if isinstance(node, Mapping):
        return tuple(
            Parameter(key.value, "string" if isinstance(value, Scalar) else "legacyObject", key.position, default=value)
            for key, value in node.entries
        )
    found: dict[str, Parameter] = {}
    types = [kind for kind in schema.PARAMETER_TYPES if kind not in (_NOT_IN_TEMPLATES if template else _NOT_AT_ROOT)]
    for item in items(node, "parameters", problems):
        parameter = _parameter(item, types, problems)
        if parameter is None:
            continue
        if parameter.name.lower() in found:
            message = f"The '{parameter.name}' parameter is declared more than once in the parameter list."
            problems.error(item, message, code="duplicate-name", hint="give it another name, or remove one of the two")
        found.setdefault(parameter.name.lower(), parameter)
    return tuple(found.values())


def payload_parameters(root: Mapping) -> tuple[Parameter, ...]:
    """What `resources.webhooks` say is read as a parameter of the webhook's name; without an event it is empty.

    https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/resources-webhooks-webhook
    """
    resources = root.get("resources")
    hooks = resources.get("webhooks") if isinstance(resources, Mapping) else None
    listed = hooks.items if isinstance(hooks, Sequence) else ()
    names = [item.get("webhook") for item in listed if isinstance(item, Mapping)]
    return tuple(
        Parameter(name.value, "object", name.position, default=Mapping((), name.position))
        for name in names
        if isinstance(name, Scalar)
    )


def _parameter(item: Node, types: list[str], problems: Problems) -> Parameter | None:
    errors = problems.errors
    item = literal(item)
    _forbid(item, problems)
    found = fields(item, schema.PARAMETER, problems)
    name = text(found.get("name"), "name of a parameter", problems)
    if name is None or not name.value:
        wrong = item.entries[0][0] if isinstance(item, Mapping) and item.entries else item
        problems.error(wrong, unexpected(wrong), code="missing-key", hint="a parameter needs a name: `- name: x`")
        return None
    kind = _type(found.get("type"), types, problems)
    if kind is None or problems.errors > errors:
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


def literal(node: Node) -> Node:
    """A declaration as it counts: the only expression that Azure lets through in one is a text in quotes."""
    if isinstance(node, Sequence):
        return Sequence(tuple(literal(item) for item in node.items), node.position)
    if isinstance(node, Mapping):
        return Mapping(tuple((key, literal(value)) for key, value in node.entries), node.position)
    if is_whole(node.value):
        with suppress(ExpressionError):
            root = parse(node.value.removeprefix("${{").removesuffix("}}")).root
            if isinstance(root, Constant) and isinstance(root.value, str):
                return Scalar(root.value, node.start, "text")
    return node


def _forbid(node: Node, problems: Problems) -> None:
    if isinstance(node, Scalar):
        if "${{" in node.value and not node.given:
            message = "A template expression is not allowed in this context"
            hint = "parameters are declared before anything has a value"
            problems.error(node, message, code="expression-not-allowed", hint=hint)
        return
    for child in node.items if isinstance(node, Sequence) else [part for entry in node.entries for part in entry]:
        _forbid(child, problems)


def _type(node: Node | None, types: list[str], problems: Problems) -> str | None:
    found = text(node, "type of a parameter", problems)
    if found is None or is_empty(found):
        return "string"
    if found.value in types:
        return found.value
    hint = closest(found.value, types) or "here a parameter cannot be of this type"
    problems.error(found, unexpected(found), code="wrong-value", hint=hint)
    return None
