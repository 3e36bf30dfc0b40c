"""One `${{ }}`: evaluated in a scope, what is wrong with it reported at its place inside the scalar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition import legal
from drivetrain.definition.shape import closest, shown
from drivetrain.lang.expressions import Context, ExpressionError, Trace, evaluate, names_used
from drivetrain.lang.interpolation import Embedded, as_format, is_whole, parts, value_to_node
from drivetrain.lang.tree import Scalar
from drivetrain.lang.values import CastError, Required, to_string

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
LONGEST = 500
"""How much Azure says of an expression that cannot be evaluated, with the place before it."""


class Evaluator:
    """Evaluates the expressions of one pipeline; each text is parsed once."""

    def __init__(self, problems: Problems, budget: Budget, explain: Explain | None = None) -> None:
        self._problems = problems
        self._budget = budget
        self._explain = explain
        self._expressions: dict[tuple[str, frozenset[str]], tuple[Expression, tuple[str, ...]]] = {}
        self._texts: dict[str, tuple[tuple[Part, ...], bool]] = {}
        self.failures = 0
        """How many expressions could not be evaluated."""

    def node(self, node: Scalar, scope: Scope) -> Node:
        """A scalar with its expressions evaluated; alone in its place, an expression's value keeps its structure."""
        if OPEN not in node.value or node.given:
            return node
        try:
            found, whole = self._split(node.value)
        except ExpressionError as error:
            self.report(node, 0, error)
            return Scalar("", node.start)
        return self._whole(node, found, scope) if whole else self._mixed(node, found, scope)

    def key(self, key: Scalar, scope: Scope) -> Scalar | None:
        """A mapping's key, which must be a text; None when it cannot be evaluated."""
        if OPEN not in key.value or key.given:
            return key
        failures = self.failures
        expanded = self.node(key, scope)
        if self.failures > failures:
            return None
        if isinstance(expanded, Scalar):
            # In a loop, Azure places such a key where the loop begins.
            return Scalar(expanded.value, scope.loop or key.start, expanded.style)
        self._failed(key.start, "Expected a scalar value", hint="a list or a mapping cannot be a key")
        return None

    def value(self, node: Scalar, text: str, offset: int, scope: Scope) -> Value:
        """The value of an expression that begins at `offset` of a scalar; null when it cannot be evaluated."""
        try:
            return self._evaluated(node, text, offset, scope)
        except ExpressionError as error:
            self.report(node, offset, error)
            return None

    def report(self, node: Scalar, offset: int, error: ExpressionError) -> None:
        """Keep what is wrong with an expression that begins at `offset` of a scalar.

        It is told where the scalar begins, as Azure does; a hint names the line when it is another one.
        """
        place = node.position_at(min(offset + error.position, len(node.value)))
        line = f"it is in line {place.line}" if place.line != node.start.line else ""
        message = _cut(error.message, node.start)
        self._failed(node.start, message, hint="; ".join(filter(None, (error.hint, line))))

    def unexpected(self, node: Scalar, text: str, *, hint: str = "") -> None:
        """Keep that something cannot stand where it stands."""
        self._failed(node.start, f"Unexpected value '{shown(text)}'", hint=hint)

    def _failed(self, at: Position, message: str, *, hint: str) -> None:
        self.failures += 1
        self._problems.refused = True
        self._problems.error(at, message, code="expression", hint=hint)

    def _split(self, text: str) -> tuple[tuple[Part, ...], bool]:
        if text not in self._texts:
            self._texts[text] = parts(text), is_whole(text)
        return self._texts[text]

    def _whole(self, node: Scalar, found: tuple[Part, ...], scope: Scope) -> Node:
        embedded = next(part for part in found if isinstance(part, Embedded))
        value = self.value(node, embedded.expression_text, embedded.offset, scope)
        result = value_to_node(value, node.start)
        self._budget.spend_node(result)
        return result

    def _mixed(self, node: Scalar, found: tuple[Part, ...], scope: Scope) -> Scalar:
        """A text with expressions in it."""
        try:
            texts = [self._text(node, part, scope) if isinstance(part, Embedded) else part.text for part in found]
        except ExpressionError as error:
            self.report(node, 0, self._as_one(found, scope, error))
            return Scalar("", node.start)
        text = "".join(texts)
        self._budget.spend(len(text))
        return Scalar(text, node.start, "text")

    def _as_one(self, found: tuple[Part, ...], scope: Scope, error: ExpressionError) -> ExpressionError:
        """The error as Azure words it, which reads the whole text as one expression."""
        try:
            self._parse(as_format(found), scope)
        except ExpressionError as told:
            return ExpressionError(told.message, error.position, hint=error.hint)
        return error

    def _text(self, node: Scalar, embedded: Embedded, scope: Scope) -> str:
        """What an expression puts into a text. Raises ExpressionError, its position one in the scalar."""
        try:
            return to_string(self._evaluated(node, embedded.expression_text, embedded.offset, scope))
        except CastError as error:
            hint = "a list or mapping can only stand alone: `key: ${{ ... }}` and no more"
            raise ExpressionError(str(error), embedded.offset, hint=hint) from None
        except ExpressionError as error:
            raise ExpressionError(error.message, embedded.offset + error.position, hint=error.hint) from None

    def _evaluated(self, node: Scalar, text: str, offset: int, scope: Scope) -> Value:
        expression, parameters = self._parse(text, scope)
        if parameters and not isinstance(scope.parameters, Required):
            self._check_parameters(node.start, parameters, scope)
        if self._explain is None:
            return evaluate(expression, Context(scope.values()))
        return self._explained(node.position_at(offset), expression, scope)

    def _parse(self, text: str, scope: Scope) -> tuple[Expression, tuple[str, ...]]:
        """The expression, and the names of the parameters in it."""
        key = (text, frozenset(scope.loops))
        if key not in self._expressions:
            expression = legal.TEMPLATE.parse(text, key[1])
            used = (path for path in names_used(expression) if len(path) > 1 and path[0].lower() == "parameters")
            self._expressions[key] = expression, tuple(sorted(path[1] for path in used))
        return self._expressions[key]

    def _check_parameters(self, at: Position, used: tuple[str, ...], scope: Scope) -> None:
        """A parameter that is not declared reads as nothing, which is nearly always a misspelt name."""
        for name in used:
            if name not in scope.parameters:
                message = f"parameter '{shown(name)}' is not declared; it reads as nothing"
                hint = closest(name, scope.parameters) or "declare it below `parameters:`"
                self._problems.warning(at, message, code="undeclared-parameter", hint=hint)

    def _explained(self, at: Position, expression: Expression, scope: Scope) -> Value:
        trace = Trace()
        try:
            return evaluate(expression, Context(scope.values()), trace=trace)
        finally:
            if self._explain is not None:
                self._explain(at, trace.lines)


def _cut(message: str, at: Position) -> str:
    room = LONGEST - len(f"/{at.file} (Line: {at.line}, Col: {at.column}): ")
    return message if len(message) <= room else f"{message[:room]}[...]"
