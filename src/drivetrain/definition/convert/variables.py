"""`variables`. https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/variables"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition import schema
from drivetrain.definition.model import Variable, VariableGroup
from drivetrain.definition.shape import boolean, fields, filled, is_empty, items, misplaced, text
from drivetrain.lang.interpolation import runtime_expression
from drivetrain.lang.tree import Mapping, Scalar

if TYPE_CHECKING:
    from drivetrain.definition.model import Variables
    from drivetrain.definition.problems import Problems
    from drivetrain.lang.tree import Node


def convert_variables(node: Node | None, problems: Problems) -> Variables:
    """The variables and groups of one scope, from the mapping or the list form."""
    if node is None or is_empty(node):
        return ()
    if isinstance(node, Scalar):
        misplaced(node, "variables must be a mapping or a list", problems)
        return ()
    if isinstance(node, Mapping):
        found = (_variable(key, value, problems) for key, value in node.entries)
        return tuple(variable for variable in found if variable is not None)
    entries = (_list_entry(item, problems) for item in items(node, "variables", problems))
    return tuple(entry for entry in entries if entry is not None)


def _list_entry(item: Node, problems: Problems) -> Variable | VariableGroup | None:
    found = fields(item, schema.VARIABLE, problems)
    if "group" in found:
        return _group(item, found, problems)
    if "name" not in found:
        if isinstance(item, Mapping):
            hint = "write `- name: color`, and `value: blue` below it; or `- group: name`"
            problems.error(item, "a variable of a list needs a name", code="missing-key", hint=hint)
        return None
    name = text(found["name"], "name of a variable", problems)
    readonly = boolean(found.get("readonly"), "readonly", problems, default=False)
    value = found.get("value", Scalar("", item.position))
    return None if name is None else _variable(name, value, problems, readonly=readonly)


def _group(item: Node, found: dict[str, Node], problems: Problems) -> VariableGroup | None:
    if len(found) > 1:
        problems.error(item, "an item has either a `group` or a `name` with a `value`", code="conflicting-keys")
    name = filled(found["group"], "group", problems)
    if name is None and isinstance(found["group"], Scalar):
        problems.error(item, "a variable group needs a name", code="missing-key")
    return None if name is None else VariableGroup(name)


def _variable(name: Scalar, node: Node, problems: Problems, *, readonly: bool = False) -> Variable | None:
    value = text(node, f"variable '{name.value}'", problems)
    if value is None:
        return None
    if not name.value.strip():
        problems.error(name, "a variable needs a name", code="wrong-name")
        return None
    inside = runtime_text(value)
    if inside is None:
        return Variable(name.value, value, readonly=readonly)
    return Variable(name.value, inside, runtime=True, readonly=readonly)


def runtime_text(value: Scalar) -> Scalar | None:
    """The text inside `$[ ]` at its own place; None where the scalar is no such expression."""
    inside = runtime_expression(value.value)
    if inside is None:
        return None
    return Scalar(inside, value.position_at(value.value.index("$[") + 2), value.style)
