"""`${{ if }}`, `${{ elseif }}`, `${{ else }}`, `${{ each }}` and `${{ insert }}` in lists and mappings.

https://learn.microsoft.com/azure/devops/pipelines/process/template-expressions#conditional-insertion

Everything here is lazy: an item is looked at when those before it have been dealt with, because a variable that one
defines may be in the condition of the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Object
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from drivetrain.definition.shape import is_empty, shown, unexpected, what
from drivetrain.lang.expressions import ExpressionError
from drivetrain.lang.interpolation import Directive, directive, is_whole
from drivetrain.lang.tree import Mapping, Scalar, Sequence
from drivetrain.lang.values import Caseless, to_boolean, to_string

if TYPE_CHECKING:
    from drivetrain.definition.expand.budget import Budget
    from drivetrain.definition.expand.evaluator import Evaluator
    from drivetrain.definition.problems import Problems
    from drivetrain.definition.scope import Scope
    from drivetrain.lang.tree import Node
    from drivetrain.lang.values import Value

Item: TypeAlias = "tuple[Node, Scope]"
Entry: TypeAlias = "tuple[Scalar, Node, Scope]"
Controlled: TypeAlias = "tuple[Scalar, Directive, Node]"
"""A directive's key, what it says, and its body."""
ROUND = 20
"""What one round of `each` costs, even when it puts nothing in."""


class _Chain(Struct):
    """Where an `if` stands with its `elseif` and `else`; on Azure, other items may come between them."""

    open: bool = False
    taken: bool = False


class Directives:
    """Picks what a list or a mapping holds once its directives are carried out; the bodies are not expanded yet."""

    def __init__(self, evaluator: Evaluator, problems: Problems, budget: Budget) -> None:
        self._evaluator = evaluator
        self._problems = problems
        self._budget = budget
        self._known: dict[str, Directive | None] = {}

    def items(self, node: Sequence, scope: Scope) -> Iterator[Item]:
        """The items of a list, each with the scope it is to be expanded in."""
        chain = _Chain()
        for item in node.items:
            controlled = self._controlled(item)
            if controlled is None:
                yield item, scope
                continue
            if self._is_orphan(controlled, chain):
                self._evaluator.unexpected(controlled[0], str(controlled[1]))
            else:
                yield from self._controlled_items(controlled, scope, chain)

    def entries(self, node: Mapping, scope: Scope, *, named: bool = False) -> Iterator[Entry]:
        """The entries of a mapping, each with the scope it is to be expanded in.

        `named` says that its keys are those of the language, not the author's: `job` and `pool`, not those of `env`.
        """
        chain = _Chain()
        for key, value in node.entries:
            found = self._directive(key)
            if found is None:
                yield key, value, scope
                continue
            controlled = key, found, value
            if self._is_orphan(controlled, chain):
                self._left_over(controlled, named=named)
                continue
            for body, inner in self._chosen(controlled, scope, chain):
                yield from self._as_entries(key, body, inner)

    def _controlled(self, node: Node) -> Controlled | None:
        """The directive that an item of a list is; with more keys, it is a mapping whose keys its directives add to."""
        if not isinstance(node, Mapping) or len(node.entries) != 1:
            return None
        key, body = node.entries[0]
        found = self._directive(key)
        return None if found is None else (key, found, body)

    def _directive(self, key: Scalar) -> Directive | None:
        if "${{" not in key.value or key.given:
            return None
        if key.value not in self._known:
            try:
                self._known[key.value] = directive(key.value)
            except ExpressionError:  # Only in what comes from outside of the files; read as an expression, it is told.
                self._known[key.value] = None
        return self._known[key.value]

    def _is_orphan(self, controlled: Controlled, chain: _Chain) -> bool:
        """Whether it is an `elseif` or `else` without its `if`, which is reported."""
        key, found, _ = controlled
        if found.kind not in ("elseif", "else") or chain.open:
            return False
        message = f"The expression directive '{found.kind}' is not supported in this context"
        hint = f"there is no `${{{{ if }}}}` before this `${{{{ {found.kind} }}}}`"
        self._problems.error(key, message, code="expression", hint=hint)
        return True

    def _left_over(self, controlled: Controlled, *, named: bool) -> None:
        """Report what Azure then takes the orphan for: an ordinary key."""
        key, found, body = controlled
        if named:
            self._evaluator.unexpected(key, str(found))
        elif not isinstance(body, Scalar):
            self._problems.error(body, unexpected(body), code="wrong-type")

    def _chosen(self, controlled: Controlled, scope: Scope, chain: _Chain) -> Iterator[Item]:
        """The bodies to put in for one directive: none, one, or one for each round of a loop."""
        key, found, body = controlled
        if found.kind in ("if", "elseif", "else"):
            if self._holds(key, found, scope, chain):
                yield body, scope
            return
        chain.open = False
        if found.kind == "insert":
            yield body, scope
            return
        if found.variable.lower() in {name.lower() for name in scope.values()}:
            # The word is spelled so in Azure's message.
            message = f"The idenfifier '{shown(found.variable)}' has already been defined within the current scope"
            self._problems.error(key, message, code="duplicate-name", hint="give the loop variable another name")
            return
        for value in self._rounds(key, found, scope):
            self._budget.spend(ROUND)
            yield body, scope.in_loop(found.variable, value, key.start)

    def _holds(self, key: Scalar, found: Directive, scope: Scope, chain: _Chain) -> bool:
        if found.kind == "if":
            chain.open, chain.taken = True, False
        elif found.kind == "else":
            chain.open = False
        if chain.taken:
            return False
        chain.taken = found.kind == "else" or to_boolean(
            self._evaluator.value(key, found.expression_text, found.offset, scope)
        )
        return chain.taken

    def _rounds(self, key: Scalar, found: Directive, scope: Scope) -> list[Value]:
        value = self._evaluator.value(key, found.expression_text, found.offset, scope)
        if isinstance(value, list):
            return list(value)
        if isinstance(value, Object):
            return [Caseless({"key": name, "value": member}) for name, member in value.items()]
        if value is None:  # What does not exist has nothing in it; large public templates count on that.
            return []
        message = f"Expected a sequence or mapping. Actual value '{shown(to_string(value))}'"
        self._problems.error(key, message, code="expression", hint="`each` goes through a list or a mapping")
        return []

    def _controlled_items(self, found: Controlled, scope: Scope, chain: _Chain) -> Iterator[Item]:
        """The items that one directive of a list puts in. A loop whose body is a mapping makes one mapping of all its
        rounds: https://learn.microsoft.com/azure/devops/pipelines/process/template-expressions#iterative-insertion
        """
        key, what_to_do, body = found
        if what_to_do.kind in ("each", "insert") and not isinstance(body, Sequence) and not is_empty(body):
            chain.open = False
            yield Mapping(((key, body),), key.position), scope
            return
        for chosen, inner in self._chosen(found, scope, chain):
            yield from self._as_items(chosen, inner)

    def _as_items(self, body: Node, scope: Scope) -> Iterator[Item]:
        if isinstance(body, Sequence):
            yield from self.items(body, scope)
        elif not is_empty(body):
            yield body, scope

    def _as_entries(self, key: Scalar, body: Node, scope: Scope) -> Iterator[Entry]:
        given = isinstance(body, Scalar) and is_whole(body.value)
        if isinstance(body, Scalar) and given:
            at, failures = body, self._evaluator.failures
            body = self._evaluator.node(body, scope)
            if self._evaluator.failures > failures:
                return
        if not isinstance(body, Mapping):
            hint = f"what stands below `{shown(key.value)}` is put among the keys around it, and is {what(body)}"
            self._problems.error(at if given else body, "Expected a mapping", code="wrong-type", hint=hint)
        elif given:
            # Keys that an expression gave are told where it stands, as Azure does.
            for name, value in body.entries:
                yield Scalar(name.value, at.start, name.style), value, scope
        else:
            yield from self.entries(body, scope)
