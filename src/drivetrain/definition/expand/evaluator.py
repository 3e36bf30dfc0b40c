"""One `${{ }}`: evaluated in a scope, what is wrong with it reported at its place inside the scalar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition import legal
from drivetrain.definition.shape import closest, shown
from drivetrain.lang.expressions import Context, ExpressionError, Trace, evaluate, names_used
from drivetrain.lang.interpolation import Embedded, is_whole, parts, value_to_node
from drivetrain.lang.tree import Scalar
from drivetrain.lang.values import CastError, to_string

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.definition.expand.budget import Budget
    from drivetrain.definition.problems import Problems
    from drivetrain.definition.scope import Scope
    from drivetrain.errors import Position
    from drivetrain.lang.expressions import Expression
    from drivetrain.lang.interpolation import Part
    from drivetrain.lang.tree import Node
    from drivetrain.lang.values import Value

    Explain = Callable[[Position, list[str]], None]
    """Takes the place of an expression, and how it was evaluated in the form of Azure's logs."""

OPEN = "${{"


class Evaluator:
    """Evaluates the expressions of one pipeline; each text is parsed once."""

    def __init__(self, problems: Problems, budget: Budget, explain: Explain | None = None) -> None:
        self._problems = problems
        self._budget = budget
        self._explain = explain
        self._expressions: dict[tuple[str, frozenset[str]], tuple[Expression, tuple[str, ...]]] = {}
        self._texts: dict[str, tuple[tuple[Part, ...], bool]] = {}

    def node(self, node: Scalar, scope: Scope) -> Node:
        """A scalar with its expressions evaluated; alone in its place, an expression's value keeps its structure."""
        if OPEN not in node.value or node.style == "value":
            return node
        try:
            found, whole = self._split(node.value)
        except ExpressionError as error:
            self.report(node, 0, error)
            return Scalar("", node.position)
        if whole:
            return self._whole(node, found, scope)
        texts = [self._text(node, part, scope) if isinstance(part, Embedded) else part.text for part in found]
        text = "".join(texts)
        self._budget.spend(len(text))
        return Scalar(text, node.position, "value" if OPEN in text else node.style)

    def key(self, key: Scalar, scope: Scope) -> Scalar:
        """A mapping's key, which must be a text."""
        expanded = self.node(key, scope)
        if isinstance(expanded, Scalar):
            return expanded
        message = "a key must be a text; this expression gives a list or a mapping"
        self._problems.error(key, message, code="wrong-type")
        return Scalar("", key.position)

    def value(self, node: Scalar, text: str, offset: int, scope: Scope) -> Value:
        """The value of an expression that begins at `offset` of a scalar; null when it cannot be evaluated."""
        try:
            expression, parameters = self._parse(text, scope)
            if parameters:
                self._check_parameters(node.position_at(offset), parameters, scope)
            if self._explain is None:
                return evaluate(expression, Context(scope.values()))
            return self._explained(node.position_at(offset), expression, scope)
        except ExpressionError as error:
            self.report(node, offset, error)
            return None

    def report(self, node: Scalar, offset: int, error: ExpressionError) -> None:
        """Keep what is wrong with an expression that begins at `offset` of a scalar."""
        position = node.position_at(min(offset + error.position, len(node.value)))
        self._problems.error(position, error.message, code="expression", hint=error.hint)

    def _split(self, text: str) -> tuple[tuple[Part, ...], bool]:
        if text not in self._texts:
            self._texts[text] = parts(text), is_whole(text)
        return self._texts[text]

    def _whole(self, node: Scalar, found: tuple[Part, ...], scope: Scope) -> Node:
        embedded = next(part for part in found if isinstance(part, Embedded))
        value = self.value(node, embedded.expression_text, embedded.offset, scope)
        result = value_to_node(value, node.position)
        self._budget.spend_node(result)
        return result

    def _text(self, node: Scalar, embedded: Embedded, scope: Scope) -> str:
        try:
            return to_string(self.value(node, embedded.expression_text, embedded.offset, scope))
        except CastError as error:
            hint = "a list or mapping can only stand alone: `key: ${{ ... }}` and no more"
            self._problems.error(node.position_at(embedded.offset), str(error), code="expression", hint=hint)
            return ""

    def _parse(self, text: str, scope: Scope) -> tuple[Expression, tuple[str, ...]]:
        """The expression, and the names of the parameters in it."""
        key = (text, frozenset(scope.loops))
        if key not in self._expressions:
            expression = legal.TEMPLATE.parse(text, key[1])
            used = (path for path in names_used(expression) if len(path) > 1 and path[0].lower() == "parameters")
            self._expressions[key] = expression, tuple(sorted(path[1] for path in used))
        return self._expressions[key]

    def _check_parameters(self, at: Position, used: tuple[str, ...], scope: Scope) -> None:
        """Only where parameters are declared by a list does Azure mind that one is not; else it reads as nothing."""
        for name in used:
            if name in scope.parameters or name.lower() in {known.lower() for known in scope.parameters}:
                continue
            hint = closest(name, scope.parameters) or "declare it below `parameters:`"
            if scope.strict:
                self._problems.error(at, f"Key not found '{shown(name)}'", code="undeclared-parameter", hint=hint)
            else:
                message = f"parameter '{shown(name)}' is not declared; it reads as nothing"
                self._problems.warning(at, message, code="undeclared-parameter", hint=hint)

    def _explained(self, at: Position, expression: Expression, scope: Scope) -> Value:
        trace = Trace()
        try:
            return evaluate(expression, Context(scope.values()), trace=trace)
        finally:
            if self._explain is not None:
                self._explain(at, trace.lines)
