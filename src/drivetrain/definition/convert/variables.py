"""`variables`. https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/variables"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition import schema
from drivetrain.definition.model import Variable
from drivetrain.definition.shape import boolean, fields, is_empty, items, text, what
from drivetrain.lang.expressions import ExpressionError
from drivetrain.lang.interpolation import runtime_expression
from drivetrain.lang.tree import Mapping, Scalar

if TYPE_CHECKING:
    from drivetrain.definition.problems import Problems
    from drivetrain.lang.tree import Node


def convert_variables(node: Node | None, problems: Problems) -> tuple[Variable, ...]:
    """The variables of one scope, from the mapping or the list form."""
    if node is None or is_empty(node):
        return ()
    if isinstance(node, Scalar):
        problems.error(node, f"variables must be a mapping or a list, not {what(node)}", code="wrong-type")
        return ()
    if isinstance(node, Mapping):
        found = [_variable(key, value, problems) for key, value in node.entries]
    else:
        found = [_list_entry(item, problems) for item in items(node, "variables", problems)]
    return tuple(variable for variable in found if variable is not None)


def _list_entry(item: Node, problems: Problems) -> Variable | None:
    found = fields(item, schema.VARIABLE, problems)
    if "name" not in found:
        if isinstance(item, Mapping) and not set(item.keys()) & schema.VARIABLE.later.keys():
            hint = "write `- name: color`, and `value: blue` below it"
            problems.error(item, "a variable of a list needs a name", code="missing-key", hint=hint)
        return None
    name = text(found["name"], "name of a variable", problems)
    readonly = boolean(found.get("readonly"), "readonly", problems, default=False)
    value = found.get("value", Scalar("", item.position))
    return None if name is None else _variable(name, value, problems, readonly=readonly)


def _variable(name: Scalar, node: Node, problems: Problems, *, readonly: bool = False) -> Variable | None:
    value = text(node, f"variable '{name.value}'", problems)
    if value is None:
        return None
    if not name.value.strip():
        problems.error(name, "a variable needs a name", code="wrong-name")
        return None
    try:
        inside = runtime_expression(value.value)
    except ExpressionError as error:
        problems.error(value.position_at(error.position), error.message, code="expression", hint=error.hint)
        return None
    if inside is None:
        return Variable(name.value, value, readonly=readonly)
    return Variable(name.value, _inner(value, inside), runtime=True, readonly=readonly)


def _inner(value: Scalar, inside: str) -> Scalar:
    """The text inside `$[ ]` at its own place."""
    offset = max(value.value.find(inside), 0)
    position = value.position_at(offset)
    return Scalar(inside, position, value.style)
