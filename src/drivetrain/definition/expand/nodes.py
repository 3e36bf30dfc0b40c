"""Any node in which nothing is included and no variables are defined: expressions and directives only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition.shape import shown, what
from drivetrain.lang.tree import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from drivetrain.definition.expand.budget import Budget
    from drivetrain.definition.expand.directives import Controlled, Directives
    from drivetrain.definition.expand.evaluator import Evaluator
    from drivetrain.definition.problems import Problems
    from drivetrain.definition.scope import Scope
    from drivetrain.lang.tree import Node


class Nodes:
    """Expands nodes; what cannot be is reported, and the place keeps an empty text."""

    def __init__(self, evaluator: Evaluator, directives: Directives, problems: Problems, budget: Budget) -> None:
        self._evaluator = evaluator
        self._directives = directives
        self._problems = problems
        self._budget = budget

    def node(self, node: Node, scope: Scope) -> Node:
        """The node without template expressions."""
        if self._budget.is_static(node):
            self._budget.spend_node(node)
            return node
        if isinstance(node, Scalar):
            return self._evaluator.node(node, scope)
        if isinstance(node, Sequence):
            return self._list(node, scope)
        controlled = self._directives.controlled(node)
        if controlled is not None:
            return self._conditional(node, controlled, scope)
        return self.mapping(
            (
                (self._evaluator.key(key, inner), self.node(value, inner))
                for key, value, inner in self._directives.entries(node, scope)
            ),
            node,
        )

    def mapping(self, entries: Iterable[tuple[Scalar, Node]], node: Mapping) -> Mapping:
        """A mapping at the place of another. A key that comes again, in any case, is an error; the first stays."""
        seen: dict[str, tuple[Scalar, Node]] = {}
        for key, value in entries:
            name = key.value.lower()
            if name in seen and name:
                self._problems.error(key, f"'{shown(key.value)}' is already defined", code="duplicate-key")
            seen.setdefault(name, (key, value))
        return Mapping(tuple(seen.values()), node.position)

    def _list(self, node: Sequence, scope: Scope) -> Sequence:
        """A list; a whole `${{ }}` that gives a list is replaced by its items, an item that loses all its keys goes."""
        items: list[Node] = []
        for item, inner in self._directives.items(node, scope):
            expanded = self.node(item, inner)
            if isinstance(item, Scalar) and isinstance(expanded, Sequence):
                items.extend(expanded.items)
            elif not lost_all(item, expanded):
                items.append(expanded)
        return Sequence(tuple(items), node.position)

    def _conditional(self, node: Mapping, controlled: list[Controlled], scope: Scope) -> Node:
        """A mapping of directives only is what they choose: keys, or the whole value in its place."""
        results = [self.node(body, inner) for body, inner in self._directives.bodies(controlled, scope)]
        mappings = [found for found in results if isinstance(found, Mapping)]
        if not results and not isinstance(controlled[0][2], Mapping):
            return Scalar("", node.position)
        if len(mappings) == len(results):
            return self.mapping((entry for found in mappings for entry in found.entries), node)
        if len(results) == 1:
            return results[0]
        lists = [found for found in results if isinstance(found, Sequence)]
        if len(lists) != len(results):
            wrong = next(found for found in results if found not in mappings)
            self._problems.error(wrong, f"Expected a mapping, not {what(wrong)}", code="wrong-type")
        return Sequence(tuple(item for found in lists for item in found.items), node.position)


def lost_all(item: Node, expanded: Node) -> bool:
    """Whether nothing is left of an item that had keys, because no condition among them held."""
    return isinstance(item, Mapping) and bool(item.entries) and isinstance(expanded, Mapping) and not expanded.entries
