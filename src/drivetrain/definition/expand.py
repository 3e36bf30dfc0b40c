"""`${{ }}` to what it says: a node in, the same node without template expressions out.

Parameters come first, then root variables in the order of the file, then everything else; a stage and a job add
their own variables for what is inside them. https://learn.microsoft.com/azure/devops/pipelines/process/runs
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition import schema
from drivetrain.definition.scope import NAMES
from drivetrain.definition.shape import closest, is_empty, shown
from drivetrain.errors import Position
from drivetrain.lang.expressions import Context, Expression, ExpressionError, evaluate, names_used, parse
from drivetrain.lang.interpolation import Embedded, directive, is_whole, parts, value_to_node
from drivetrain.lang.tree import Mapping, Scalar, Sequence
from drivetrain.lang.values import CastError, to_string

if TYPE_CHECKING:
    from drivetrain.definition.problems import Problems
    from drivetrain.definition.scope import Scope
    from drivetrain.lang.tree import Node
    from drivetrain.lang.values import Value

LIMIT = 20_000_000
"""Most characters (and as many nodes / 20) that expressions may add to a file; Azure has such a limit too."""
_NODE_COST = 20
_OPEN = "${{"


class TooLargeError(Exception):
    """The expanded file would be larger than `LIMIT`."""


class Expander:
    """Expands the nodes of one file; problems go to `problems`, and the place keeps an empty text."""

    def __init__(self, problems: Problems, *, limit: int = LIMIT) -> None:
        self._problems = problems
        self._parsed: dict[str, tuple[Expression, tuple[str, ...]]] = {}
        self._left = limit

    def pipeline(self, root: Mapping, scope: Scope) -> Mapping:
        """The whole file."""
        variables, inner = self._variables(root.get("variables"), scope)
        entries: list[tuple[Scalar, Node]] = []
        for key, value in root.entries:
            if self._refused(key):
                continue
            if key.value == "variables" and variables is not None:
                entries.append((key, variables))
            elif key.value in schema.NO_EXPRESSIONS:
                self._forbid(value)
                entries.append((key, value))
            elif key.value in ("stages", "jobs"):
                entries.append((key, self._list_of_scopes(value, inner)))
            else:
                entries.append((self._key(key, inner), self.node(value, inner)))
        return self._unique(Mapping(tuple(entries), root.position))

    def node(self, node: Node, scope: Scope) -> Node:
        """Any node in which no further variables are defined."""
        if isinstance(node, Scalar):
            return self._scalar(node, scope) if _OPEN in node.value else node
        if isinstance(node, Sequence):
            return Sequence(tuple(self._items(node, scope)), node.position)
        entries = [
            (self._key(key, scope), self.node(value, scope)) for key, value in node.entries if not self._refused(key)
        ]
        return self._unique(Mapping(tuple(entries), node.position))

    def _list_of_scopes(self, node: Node, scope: Scope) -> Node:
        """`stages` or `jobs`: each item has variables of its own."""
        if not isinstance(node, Sequence):
            return self.node(node, scope)
        items: list[Node] = []
        for item in node.items:
            if isinstance(item, Mapping):
                expanded = self._own_scope(item, scope)
                if expanded.entries or not item.entries:
                    items.append(expanded)
            else:
                items.extend(self._items(Sequence((item,), node.position), scope))
        return Sequence(tuple(items), node.position)

    def _own_scope(self, item: Mapping, scope: Scope) -> Mapping:
        variables, inner = self._variables(item.get("variables"), scope)
        entries: list[tuple[Scalar, Node]] = []
        for key, value in item.entries:
            if self._refused(key):
                continue
            if key.value == "variables" and variables is not None:
                entries.append((key, variables))
            elif key.value == "jobs":
                entries.append((key, self._list_of_scopes(value, inner)))
            else:
                entries.append((self._key(key, inner), self.node(value, inner)))
        return self._unique(Mapping(tuple(entries), item.position))

    def _variables(self, node: Node | None, scope: Scope) -> tuple[Node | None, Scope]:
        """A `variables:` section, each entry seeing those before it, and the scope after it."""
        if isinstance(node, Mapping):
            return self._variable_mapping(node, scope)
        if isinstance(node, Sequence):
            return self._variable_list(node, scope)
        return (None if node is None else self.node(node, scope)), scope

    def _variable_mapping(self, node: Mapping, scope: Scope) -> tuple[Node, Scope]:
        entries: list[tuple[Scalar, Node]] = []
        for key, value in node.entries:
            if self._refused(key):
                continue
            name, expanded = self._key(key, scope), self.node(value, scope)
            entries.append((name, expanded))
            if isinstance(expanded, Scalar):
                scope = scope.with_variable(name.value, expanded.value)
        return self._unique(Mapping(tuple(entries), node.position)), scope

    def _variable_list(self, node: Sequence, scope: Scope) -> tuple[Node, Scope]:
        items: list[Node] = []
        for item in node.items:
            expanded = tuple(self._items(Sequence((item,), node.position), scope))
            items.extend(expanded)
            for entry in expanded:
                scope = _defined(entry, scope)
        return Sequence(tuple(items), node.position), scope

    def _items(self, node: Sequence, scope: Scope) -> list[Node]:
        """A list's items; one that is a whole `${{ }}` and gives a list is replaced by that list's items."""
        items: list[Node] = []
        for item in node.items:
            expanded = self.node(item, scope)
            if isinstance(item, Scalar) and isinstance(expanded, Sequence):
                items.extend(expanded.items)
            elif not (isinstance(item, Mapping) and item.entries and _has_no_keys(expanded)):
                items.append(expanded)
        return items

    def _key(self, key: Scalar, scope: Scope) -> Scalar:
        if _OPEN not in key.value:
            return key
        expanded = self._scalar(key, scope)
        if isinstance(expanded, Scalar):
            return expanded
        self._problems.error(key, "a key must be a text; this expression gives a list or a mapping", code="wrong-type")
        return Scalar("", key.position)

    def _refused(self, key: Scalar) -> bool:
        """Whether a key is a directive, which is reported."""
        if _OPEN not in key.value:
            return False
        try:
            found = directive(key.value)
        except ExpressionError as error:
            self._expression_error(key, 0, error)
            return True
        if found is None:
            return False
        self._problems.not_yet(key, f"${{{{ {found.kind} }}}} in templates")
        return True

    def _scalar(self, node: Scalar, scope: Scope) -> Node:
        """A scalar that holds at least one `${{`."""
        try:
            found = parts(node.value)
        except ExpressionError as error:
            self._expression_error(node, 0, error)
            return Scalar("", node.position)
        if is_whole(node.value):
            embedded = next(part for part in found if isinstance(part, Embedded))
            return self._whole(node, embedded, scope)
        texts = [self._text(node, part, scope) if isinstance(part, Embedded) else part.text for part in found]
        return Scalar(self._paid("".join(texts)), node.position, node.style)

    def _whole(self, node: Scalar, embedded: Embedded, scope: Scope) -> Node:
        value = self._value(node, embedded, scope)
        if value is None:
            return Scalar("", node.position)
        result = value_to_node(value, node.position)
        self._pay(result)
        return result

    def _text(self, node: Scalar, embedded: Embedded, scope: Scope) -> str:
        try:
            return to_string(self._value(node, embedded, scope))
        except CastError as error:
            hint = "a list or mapping can only stand alone: `key: ${{ ... }}` and no more"
            self._problems.error(node.position_at(embedded.offset), str(error), code="expression", hint=hint)
            return ""

    def _value(self, node: Scalar, embedded: Embedded, scope: Scope) -> Value:
        try:
            expression, used = self._parse(embedded.expression_text)
            self._check_parameters(node, embedded, used, scope)
            return evaluate(expression, Context(scope.values()))
        except ExpressionError as error:
            self._expression_error(node, embedded.offset, error)
            return None

    def _parse(self, text: str) -> tuple[Expression, tuple[str, ...]]:
        """The expression, and the names of the parameters in it."""
        if text not in self._parsed:
            expression = parse(text, functions=(), names=NAMES)
            used = (path for path in names_used(expression) if len(path) > 1 and path[0].lower() == "parameters")
            self._parsed[text] = expression, tuple(sorted(path[1] for path in used))
        return self._parsed[text]

    def _check_parameters(self, node: Scalar, embedded: Embedded, used: tuple[str, ...], scope: Scope) -> None:
        """Azure reads an undeclared parameter as nothing; that is nearly always a misspelt name."""
        if not used:
            return
        declared = {name.lower() for name in scope.parameters}
        for name in used:
            if name.lower() not in declared:
                message = f"parameter '{shown(name)}' is not declared; it reads as nothing"
                position = node.position_at(embedded.offset)
                self._problems.warning(
                    position, message, code="undeclared-parameter", hint=closest(name, scope.parameters)
                )

    def _expression_error(self, node: Scalar, offset: int, error: ExpressionError) -> None:
        position = node.position_at(min(offset + error.position, len(node.value)))
        self._problems.error(position, error.message, code="expression", hint=error.hint)

    def _forbid(self, node: Node) -> None:
        if isinstance(node, Scalar):
            if _OPEN in node.value:
                message = "A template expression is not allowed in this context"
                hint = "Azure reads this section before parameters and variables have values"
                self._problems.error(node, message, code="expression-not-allowed", hint=hint)
            return
        for child in node.items if isinstance(node, Sequence) else _children(node):
            self._forbid(child)

    def _unique(self, node: Mapping) -> Mapping:
        """Keys that became equal by expansion are an error; the first one stays."""
        seen: dict[str, tuple[Scalar, Node]] = {}
        for key, value in node.entries:
            if key.value and key.value in seen:
                self._problems.error(key, f"'{shown(key.value)}' is already defined", code="duplicate-key")
            seen.setdefault(key.value, (key, value))
        return node if len(seen) == len(node.entries) else Mapping(tuple(seen.values()), node.position)

    def _pay(self, node: Node) -> None:
        self._spend(_NODE_COST)
        if isinstance(node, Scalar):
            self._spend(len(node.value))
            return
        for child in node.items if isinstance(node, Sequence) else _children(node):
            self._pay(child)

    def _paid(self, text: str) -> str:
        self._spend(len(text))
        return text

    def _spend(self, cost: int) -> None:
        self._left -= cost
        if self._left < 0:
            raise TooLargeError


def expand(root: Mapping, scope: Scope, problems: Problems, *, limit: int = LIMIT) -> Mapping:
    """The file with every `${{ }}` evaluated; what cannot be is reported and left empty."""
    try:
        return Expander(problems, limit=limit).pipeline(root, scope)
    except TooLargeError:
        message = f"the pipeline grows beyond {limit} characters when its expressions are expanded"
        problems.error(Position(root.position.file, 1, 1), message, code="too-large")
        return Mapping((), root.position)


def _has_no_keys(node: Node) -> bool:
    """Whether nothing is left of a mapping, because all its keys were refused."""
    return isinstance(node, Mapping) and not node.entries


def _children(node: Mapping) -> tuple[Node, ...]:
    return tuple(child for entry in node.entries for child in entry)


def _defined(entry: Node, scope: Scope) -> Scope:
    """The scope after one item of a list of variables."""
    if not isinstance(entry, Mapping):
        return scope
    name, value = entry.get("name"), entry.get("value")
    if isinstance(name, Scalar) and not is_empty(name) and (value is None or isinstance(value, Scalar)):
        return scope.with_variable(name.value, value.value if value else "")
    return scope
