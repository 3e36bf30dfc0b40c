"""Expressions outside of what a pipeline runs: in triggers and resources only some places take them.

https://learn.microsoft.com/azure/devops/pipelines/process/template-expressions
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition.expand.nodes import lost_all
from drivetrain.definition.model import RepositoryResource
from drivetrain.lang.tree import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from drivetrain.definition.expand.nodes import Nodes
    from drivetrain.definition.problems import Problems
    from drivetrain.definition.scope import Scope
    from drivetrain.lang.tree import Node

_FREE = frozenset({"containers"})
"""Kinds of resources in which expressions and directives may stand anywhere."""


class Resources:
    """Expands `resources` and triggers, and knows the repositories that templates may come from."""

    def __init__(self, nodes: Nodes, problems: Problems) -> None:
        self._nodes = nodes
        self._problems = problems

    def repositories(self, node: Node, scope: Scope) -> dict[str, RepositoryResource]:
        """The repositories by alias in lower case; what is wrong with them is told when they are converted."""
        listed = node.get("repositories") if isinstance(node, Mapping) else None
        if not isinstance(listed, Sequence):
            return {}
        found = (self._repository(item, scope) for item in listed.items if isinstance(item, Mapping))
        return {repository.alias.lower(): repository for repository in found if repository.alias}

    def expanded(self, node: Node, scope: Scope) -> Node:
        """The `resources` of a file."""
        if not isinstance(node, Mapping):
            return self._scalars(node, scope)
        entries = [
            (key, self._nodes.node(value, scope) if key.value in _FREE else self._scalars(value, scope))
            for key, value in node.entries
        ]
        return Mapping(tuple(entries), node.position)

    def trigger(self, node: Node, scope: Scope) -> Node:
        """A trigger: expressions are evaluated in its values, but a directive is a key that does not exist."""
        if isinstance(node, Scalar):
            return self._nodes.node(node, scope)
        if isinstance(node, Sequence):
            return Sequence(tuple(self.trigger(item, scope) for item in node.items), node.position)
        entries = ((key, value if "${{" in key.value else self.trigger(value, scope)) for key, value in node.entries)
        return Mapping(tuple(entries), node.position)

    def _scalars(self, node: Node, scope: Scope) -> Node:
        """A resource that takes expressions as values, but no directives."""
        if isinstance(node, Scalar):
            return self._nodes.node(node, scope)
        if isinstance(node, Sequence):
            items = ((item, self._scalars(item, scope)) for item in node.items)
            return Sequence(tuple(found for item, found in items if not lost_all(item, found)), node.position)
        for key, _ in node.entries:
            if "${{" in key.value:
                self._refuse(key)
        entries = [(key, self._scalars(value, scope)) for key, value in node.entries if "${{" not in key.value]
        return Mapping(tuple(entries), node.position)

    def _refuse(self, node: Scalar) -> None:
        message = "A template expression is not allowed in this context"
        hint = "Azure reads this section before parameters and variables have values"
        self._problems.error(node, message, code="expression-not-allowed", hint=hint)

    def _repository(self, item: Mapping, scope: Scope) -> RepositoryResource:
        texts = {key: self._text(item.get(key), scope) for key in ("repository", "type", "name", "ref", "endpoint")}
        return RepositoryResource(
            alias=texts["repository"],
            position=item.position,
            type=texts["type"] or "git",
            name=texts["name"],
            ref=texts["ref"],
            endpoint=texts["endpoint"],
        )

    def _text(self, node: Node | None, scope: Scope) -> str:
        found = self._nodes.node(node, scope) if node is not None else None
        return found.value.strip() if isinstance(found, Scalar) else ""
