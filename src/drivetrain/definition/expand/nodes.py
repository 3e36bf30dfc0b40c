"""Any node in which nothing is included and no variables are defined: expressions and directives only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition.shape import shown
from drivetrain.lang.tree import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from drivetrain.definition.expand.budget import Budget
    from drivetrain.definition.expand.directives import Directives
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
        return self.mapping(
            (
                (self._evaluator.key(key, inner), self.node(value, inner))
                for key, value, inner in self._directives.entries(node, scope)
            ),
            node,
        )

    def mapping(self, entries: Iterable[tuple[Scalar | None, Node]], node: Mapping) -> Mapping:
        """A mapping at the place of another, without keys that could not be evaluated.

        A key that comes again, in any case, is an error; the first stays.
        """
        seen: dict[str, tuple[Scalar, Node]] = {}
        for key, value in entries:
            if key is None:
                continue
            name = key.value.lower()
            if name in seen and name:
                self._problems.error(key, f"'{shown(key.value)}' is already defined", code="duplicate-key")
            seen.setdefault(name, (key, value))
        return Mapping(tuple(seen.values()), node.position)

    def items(self, item: Node, scope: Scope) -> tuple[Node, ...]:
        """What an item of a list comes to: one node; those of the list that an expression gives; none when it loses all
        its keys.
        """
        expanded = self.node(item, scope)
        if isinstance(item, Scalar) and isinstance(expanded, Sequence):
            return expanded.items
        return () if lost_all(item, expanded) else (expanded,)

    def _list(self, node: Sequence, scope: Scope) -> Sequence:
        found = (self.items(item, inner) for item, inner in self._directives.items(node, scope))
        return Sequence(tuple(expanded for items in found for expanded in items), node.position)


def lost_all(item: Node, expanded: Node) -> bool:
    """Whether nothing is left of an item that had keys, because no condition among them held."""
    return isinstance(item, Mapping) and bool(item.entries) and isinstance(expanded, Mapping) and not expanded.entries
