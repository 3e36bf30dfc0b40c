"""The file as a whole: its repositories, its variables, then the rest; and what it `extends`.

https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/extends
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.definition.convert.parameters import literal
from drivetrain.definition.expand.budget import SIZE, Budget, TooLargeError
from drivetrain.definition.expand.directives import Directives
from drivetrain.definition.expand.evaluator import Evaluator
from drivetrain.definition.expand.nodes import Nodes
from drivetrain.definition.expand.places import LISTS, Places
from drivetrain.definition.expand.resources import Resources
from drivetrain.definition.expand.syntax import Syntax
from drivetrain.definition.expand.templates import Templates
from drivetrain.definition.shape import misplaced, unexpected
from drivetrain.errors import DefinitionError, Position
from drivetrain.lang.tree import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.definition.expand.directives import Entry
    from drivetrain.definition.location import Location
    from drivetrain.definition.ports import TemplateFiles
    from drivetrain.definition.problems import Problems
    from drivetrain.definition.scope import Scope
    from drivetrain.lang.tree import Node

_RECURSION = 20_000
"""Python frames; templates nest 100 deep on Azure, and each level takes some."""
_TRIGGERS = frozenset({"trigger", "pr", "schedules"})
_EXTENDED = frozenset({"parameters", "pool", "resources", "trigger", "variables", "extends", *LISTS})
"""What a template that is extended may hold."""
_IGNORED = frozenset({"parameters", "trigger"})
"""What of it does not become part of the pipeline: triggers are those of the pipeline's own file."""


class Expansion(Struct, frozen=True):
    """A file without template expressions, and what was read on the way."""

    root: Mapping
    sources: tuple[Mapping, ...]
    """The template files that were read, as they are written."""
    extends: tuple[Location, ...] = ()
    """The template that the file extends, the one that it extends, and so on."""


def expand(
    root: Mapping,
    scope: Scope,
    problems: Problems,
    *,
    files: TemplateFiles | None = None,
    prefix: str = "",
    limit: int = SIZE,
    explain: Callable[[Position, list[str]], None] | None = None,
) -> Expansion:
    """The file with every `${{ }}` evaluated and every template put in; what cannot be is reported and left out.

    Args:
        root: the file as it is written.
        scope: parameters, and the variables that are known before the file's own.
        problems: where to report.
        files: where templates are read from; None when only this text is known.
        prefix: put before the paths of the pipeline's own templates in messages.
        limit: how large the result may be, see `budget.SIZE`.
        explain: told of every expression, as it is evaluated.

    Raises:
        DefinitionError: an expression of the file cannot even be read.
    """
    sys.setrecursionlimit(max(sys.getrecursionlimit(), _RECURSION))
    budget = Budget(limit)
    evaluator = Evaluator(problems, budget, explain)
    syntax = Syntax(problems, evaluator, LISTS)
    templates = Templates(files, problems, budget, syntax, prefix=prefix)
    expander = _Expander(templates, problems, budget, evaluator)
    if not syntax.check(root):
        raise DefinitionError(problems.sorted())
    try:
        expanded = expander.pipeline(root, scope)
        return Expansion(expanded, templates.roots, tuple(expander.extended))
    except TooLargeError as error:
        place = Position(error.file or root.position.file, 1, 1)
        problems.error(place, str(error), code="too-large", hint=error.hint)
    except RecursionError:
        problems.error(Position(root.position.file, 1, 1), "Maximum object depth exceeded", code="too-large")
    problems.refused = True
    return Expansion(Mapping((), root.position), templates.roots)


class _Expander:
    def __init__(self, templates: Templates, problems: Problems, budget: Budget, evaluator: Evaluator) -> None:
        self._templates = templates
        self._problems = problems
        self._budget = budget
        self._evaluator = evaluator
        self._directives = Directives(evaluator, problems, budget)
        self._nodes = Nodes(evaluator, self._directives, problems, budget)
        self._places = Places(evaluator, self._directives, self._nodes, templates, problems, budget)
        self._resources = Resources(self._nodes, problems)
        self.extended: list[Location] = []
        """Templates that were extended, from the outermost."""

    def pipeline(self, root: Mapping, scope: Scope) -> Mapping:
        scope = scope.opened()
        expanded = self._root(root, scope)
        return self._nodes.mapping(_with_one_resources(expanded), root)

    def _root(self, root: Mapping, scope: Scope) -> list[tuple[Scalar, Node]]:
        """The entries of the pipeline file, or of a template that it extends."""
        resources = root.get("resources")
        if resources is not None:
            self._templates.repositories.update(self._resources.repositories(resources, scope))
        entries: list[Entry] = []
        variables: dict[int, Node | None] = {}
        for key, value, inner in self._directives.entries(root, scope):
            if key.value == "variables":
                variables[id(key)] = self._places.variables(value, scope)
            entries.append((key, value, inner))
        expanded: list[tuple[Scalar, Node]] = []
        for key, value, inner in entries:
            section = variables.get(id(key))
            if section is not None:
                expanded.append((key, section))
            elif key.value == "extends":
                expanded += self._extended(key, value, inner)
            else:
                name = self._evaluator.key(key, inner)
                if name is not None:
                    expanded.append((name, self._value(name, value, inner)))
        return expanded

    def _value(self, name: Scalar, value: Node, scope: Scope) -> Node:
        if name.value == "parameters":
            return literal(value)
        if name.value in _TRIGGERS:
            return self._resources.trigger(value, scope)
        if name.value == "resources":
            return self._resources.expanded(value, scope)
        if name.value in LISTS or name.value == "strategy":
            return self._places.part(value, name.value, scope)
        return self._nodes.node(value, scope)

    def _extended(self, key: Scalar, node: Node, scope: Scope) -> list[tuple[Scalar, Node]]:
        """What the file's `extends` is replaced by: the keys of the template."""
        if not isinstance(node, Mapping) or not node.entries:
            misplaced(node, "extends must be a mapping", self._problems)
            return []
        entries = list(self._directives.entries(node, scope))
        if not entries or entries[0][0].value != "template":
            at = entries[0][0] if entries else key
            self._problems.error(at, unexpected(at), code="first-key", hint="extends begins with `template`")
            return []
        opened = self._places.open(entries)
        if opened is None:
            return []
        template, inner = opened
        self.extended.append(template.location)
        with self._budget.nested(template.root.position.file):
            self._budget.spend_node(template.root)
            expanded = self._root(template.root, inner)
        return [entry for entry in expanded if self._may_extend(entry[0])]

    def _may_extend(self, key: Scalar) -> bool:
        """Whether a key of a template that is extended becomes one of the pipeline."""
        if key.value not in _EXTENDED:
            hint = f"a template that is extended has {', '.join(sorted(_EXTENDED))}"
            self._problems.error(key, unexpected(key), code="unknown-key", hint=hint)
        return key.value in _EXTENDED - _IGNORED


def _with_one_resources(entries: list[tuple[Scalar, Node]]) -> list[tuple[Scalar, Node]]:
    """The entries of a root in which the resources of a template come after those of the file that extends it."""
    found = [value for key, value in entries if key.value == "resources" and isinstance(value, Mapping)]
    if len(found) <= 1:
        return entries
    lists: dict[str, tuple[Scalar, list[Node]]] = {}
    for key, value in (entry for mapping in found for entry in mapping.entries):
        items = value.items if isinstance(value, Sequence) else (value,)
        lists.setdefault(key.value, (key, []))[1].extend(items)
    merged = tuple((key, Sequence(tuple(items), key.position)) for key, items in lists.values())
    place = next(key for key, value in entries if value is found[0])
    others = [entry for entry in entries if entry[1] not in found]
    return [*others, (place, Mapping(merged, found[0].position))]
