"""Lists of stages, jobs, steps and variables: the templates that they include, and the variables that they add.

https://learn.microsoft.com/azure/devops/pipelines/process/templates
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition.expand.nodes import lost_all
from drivetrain.definition.shape import is_empty, misplaced, unexpected, what
from drivetrain.lang.tree import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as Table

    from drivetrain.definition.expand.budget import Budget
    from drivetrain.definition.expand.directives import Directives, Entry
    from drivetrain.definition.expand.evaluator import Evaluator
    from drivetrain.definition.expand.nodes import Nodes
    from drivetrain.definition.expand.templates import Template, Templates
    from drivetrain.definition.problems import Problems
    from drivetrain.definition.scope import Scope
    from drivetrain.lang.tree import Node

LISTS = frozenset({"stages", "jobs", "phases", "steps", "variables"})
"""Keys whose lists may include templates, which hold a list of the same name."""
_HOOKS = dict.fromkeys(("preDeploy", "deploy", "routeTraffic", "postRouteTraffic", "success", "failure"), "hook")
INSIDE: Table[str, Table[str, str]] = {
    "stages": {"jobs": "jobs", "variables": "variables"},
    "jobs": {"steps": "steps", "variables": "variables", "strategy": "strategy"},
    "phases": {"steps": "steps", "variables": "variables"},
    "strategy": {"runOnce": "strategy", "rolling": "strategy", "canary": "strategy", "on": "strategy", **_HOOKS},
    "hook": {"steps": "steps"},
    "steps": {},
}
"""What an entry of a list (or a part of one) holds that may include templates or define variables."""
_SAME = {"phases", "jobs"}
"""Both are jobs: the older word may stand for the newer one, and the other way round."""
TYPED_LISTS: Table[str, str] = {
    "stepList": "steps",
    "jobList": "jobs",
    "deploymentList": "jobs",
    "stageList": "stages",
}
"""Types of parameters -> the list that a value of it is, in which templates may be included."""


class Places:
    """Expands the parts of a pipeline that have a meaning of their own; all else is for `Nodes`."""

    def __init__(
        self,
        evaluator: Evaluator,
        directives: Directives,
        nodes: Nodes,
        templates: Templates,
        problems: Problems,
        budget: Budget,
    ) -> None:
        self._evaluator = evaluator
        self._directives = directives
        self._nodes = nodes
        self._templates = templates
        self._problems = problems
        self._budget = budget

    def part(self, node: Node, kind: str, scope: Scope) -> Node:
        """The value of a key that has a meaning: a list of `LISTS`, or a part that leads to one."""
        if kind in LISTS:
            return self.items(node, kind, scope)
        if not isinstance(node, Mapping):
            return self._nodes.node(node, scope)
        return self._entries(node, kind, scope)

    def items(self, node: Node, kind: str, scope: Scope) -> Node:
        """A list of stages, jobs, steps or variables."""
        if not isinstance(node, Sequence):
            node = self._nodes.node(node, scope)
            if not isinstance(node, Sequence):
                return node
        items = [
            expanded
            for item, inner in self._directives.items(node, scope)
            for expanded in self._item(item, kind, inner)
        ]
        return Sequence(tuple(items), node.position)

    def variables(self, node: Node | None, scope: Scope) -> Node | None:
        """A `variables:` section; each entry sees those before it, and is defined in `scope` for all that follows."""
        if node is None:
            return None
        if isinstance(node, Mapping):
            return self._nodes.mapping(self._variable_entries(node, scope), node)
        return self.items(node, "variables", scope)

    def _entries(self, node: Mapping, kind: str, scope: Scope) -> Mapping:
        """A mapping whose keys may have a meaning; the variables that it defines are seen in all of it, and by the
        conditions among its keys that come after them.
        """
        inside = INSIDE[kind]
        inner = scope.opened() if "variables" in inside else scope
        entries: list[Entry] = []
        sections: dict[int, Node | None] = {}
        for key, value, around in self._directives.entries(node, inner, named=True):
            if key.value == "variables" and "variables" in inside:
                sections[id(key)] = self.variables(value, inner)
            entries.append((key, value, around))
        expanded = [self._entry(*entry, inside, sections) for entry in entries]
        if expanded and all(key is None for key, _ in expanded):
            message = "Expected at least one key-value pair in the mapping"
            self._problems.error(node, message, code="missing-key", hint="its key could not be evaluated")
        return self._nodes.mapping(expanded, node)

    def _entry(
        self, key: Scalar, value: Node, scope: Scope, inside: Table[str, str], sections: Table[int, Node | None]
    ) -> tuple[Scalar | None, Node]:
        section = sections.get(id(key))
        if section is not None:
            return key, section
        name = self._evaluator.key(key, scope)
        kind = inside.get(name.value) if name else None
        return name, self._nodes.node(value, scope) if kind is None else self.part(value, kind, scope)

    def _variable_entries(self, node: Mapping, scope: Scope) -> Iterator[tuple[Scalar | None, Node]]:
        for key, value, inner in self._directives.entries(node, scope):
            name, expanded = self._evaluator.key(key, inner), self._nodes.node(value, inner)
            if name and isinstance(expanded, Scalar):
                scope.define(name.value, expanded.value)
            yield name, expanded

    def _item(self, item: Node, kind: str, scope: Scope) -> list[Node]:
        """One item of a list: itself, what its template holds, or the items of the list that an expression gives."""
        if isinstance(item, Scalar):
            expanded = self._evaluator.node(item, scope)
            if isinstance(expanded, Sequence):
                return [found for child in expanded.items for found in self._item(child, kind, scope)]
            return [expanded] if isinstance(expanded, Scalar) else self._item(expanded, kind, scope)
        if not isinstance(item, Mapping):
            return [self._nodes.node(item, scope)]
        if _is_include(item):
            return self._included(item, kind, scope)
        expanded = self._variable(item, scope) if kind == "variables" else self._entries(item, kind, scope)
        return [] if lost_all(item, expanded) else [expanded]

    def _variable(self, item: Mapping, scope: Scope) -> Mapping:
        """An item of a list of variables, which it defines."""
        entries = self._directives.entries(item, scope, named=True)
        expanded = self._nodes.mapping(
            ((self._evaluator.key(key, inner), self._nodes.node(value, inner)) for key, value, inner in entries), item
        )
        _define(expanded, scope)
        return expanded

    def _included(self, item: Mapping, kind: str, outer: Scope) -> list[Node]:
        """The items of the template that an item names."""
        opened = self.open(list(self._directives.entries(item, outer, named=True)))
        if opened is None:
            return []
        template, scope = opened
        found: list[Node] = []
        with self._budget.nested(template.root.position.file):
            self._budget.spend_node(template.root)
            for key, value, inner in self._directives.entries(template.root, scope):
                if key.value == kind or {key.value, kind} == _SAME:
                    # Variables are defined for what follows the template, not only inside of it.
                    expanded = self.items(_as_list(value) if kind == "variables" else value, kind, inner)
                    found += self._items_of(expanded, key)
                elif key.value != "parameters":
                    hint = f"a template among {kind} has `{kind}`, and `parameters`"
                    self._problems.error(key, unexpected(key), code="unknown-key", hint=hint)
        return found

    def open(self, entries: list[Entry]) -> tuple[Template, Scope] | None:
        """The template that `template:` and `parameters:` name, and what can be seen inside of it."""
        _, node, scope = entries[0]
        reference = self._evaluator.node(node, scope) if isinstance(node, Scalar) else node
        if not isinstance(reference, Scalar) or is_empty(reference):
            message = f"a template must be the path of a file, not {what(reference)}"
            self._problems.error(reference, message, code="wrong-template")
            return None
        template = self._templates.open(reference, scope)
        if template is None:
            return None
        given: dict[str, tuple[Scalar, Node]] = {}
        for other, value, inner in entries[1:]:
            if other.value == "parameters":
                given.update(self._given(value, template, inner))
            else:
                hint = "beside `template` there is only `parameters`"
                self._problems.error(other, unexpected(other), code="unknown-key", hint=hint)
        self._fill_in(template, given, scope)
        return template, self._templates.scope(template, given, reference, scope)

    def _fill_in(self, template: Template, given: dict[str, tuple[Scalar, Node]], scope: Scope) -> None:
        """Put in the templates that are named inside of the items of typed lists: seen from the template that declares
        the parameter, and before it looks at them, as Azure does it.
        """
        there = scope.in_template({}, template.location)
        passed = {name.lower(): name for name in given}
        for parameter in template.parameters:
            kind = TYPED_LISTS.get(parameter.type)
            name = passed.get(parameter.name.lower(), parameter.name)
            if kind is None or (name not in given and parameter.default is None):
                continue
            key, value = given.get(name) or (Scalar(name, parameter.position), parameter.default)
            if value is not None:
                given[name] = (key, self.items(value, kind, there))

    def _given(self, node: Node, template: Template, scope: Scope) -> dict[str, tuple[Scalar, Node]]:
        """The parameters that are passed; of typed lists, the items that are templates are put in."""
        if isinstance(node, Scalar):
            node = self._evaluator.node(node, scope)
        if not isinstance(node, Mapping):
            if not is_empty(node):
                misplaced(node, "parameters must be a mapping", self._problems)
            return {}
        given: dict[str, tuple[Scalar, Node]] = {}
        for key, value, inner in self._directives.entries(node, scope):
            name = self._evaluator.key(key, inner)
            if name is None:
                continue
            kind = TYPED_LISTS.get(template.type_of(name.value))
            expanded = self._nodes.node(value, inner) if kind is None else self._passed(value, kind, inner)
            given[name.value] = (name, expanded)
        return given

    def _passed(self, node: Node, kind: str, scope: Scope) -> Node:
        """A list as a parameter: its own items may be templates, which are seen from here."""
        if not isinstance(node, Sequence):
            return self._nodes.node(node, scope)
        items: list[Node] = []
        for item, inner in self._directives.items(node, scope):
            if isinstance(item, Mapping) and _is_include(item):
                items += self._included(item, kind, inner)
            else:
                items += self._nodes.items(item, inner)
        return Sequence(tuple(items), node.position)

    def _items_of(self, node: Node, key: Scalar) -> tuple[Node, ...]:
        if isinstance(node, Sequence):
            return node.items
        if not is_empty(node):
            misplaced(node, f"{key.value} must be a list", self._problems)
        return ()


def _is_include(item: Mapping) -> bool:
    return bool(item.entries) and item.entries[0][0].value == "template"


def _as_list(node: Node) -> Node:
    """Variables written as a mapping, as the list that they are put into."""
    if not isinstance(node, Mapping):
        return node
    return Sequence(tuple(_as_variable(key, value) for key, value in node.entries), node.position)


def _as_variable(key: Scalar, value: Node) -> Mapping:
    if "${{" in key.value and not key.given:  # A directive: its body is a mapping of variables, or a list.
        return Mapping(((key, _as_list(value)),), key.position)
    return Mapping(((Scalar("name", key.position), key), (Scalar("value", key.position), value)), key.position)


def _define(entry: Mapping, scope: Scope) -> None:
    """Define the variable that an item of a list is."""
    name, value = entry.get("name"), entry.get("value")
    if isinstance(name, Scalar) and not is_empty(name) and (value is None or isinstance(value, Scalar)):
        scope.define(name.value, value.value if value else "")
