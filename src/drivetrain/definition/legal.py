"""Which contexts and functions a run-time expression may use at each place, as one table.

https://learn.microsoft.com/azure/devops/pipelines/process/expressions
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from drivetrain.lang.expressions import ExpressionError, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.definition.model import Text, Variable
    from drivetrain.definition.problems import Problems
    from drivetrain.lang.expressions import Arity

STATUS: Mapping[str, Arity] = {
    "always": (0, 0),
    "canceled": (0, 0),
    "failed": (0, None),
    "succeeded": (0, None),
    "succeededOrFailed": (0, None),
}
STEP_STATUS: Mapping[str, Arity] = dict.fromkeys(STATUS, (0, 0))


class Legal(Struct, frozen=True):
    """What may be named at a place."""

    names: frozenset[str]
    functions: Mapping[str, Arity] = field(default_factory=dict)


STAGE_CONDITION = Legal(frozenset({"variables", "pipeline", "dependencies", "stageDependencies"}), STATUS)
JOB_CONDITION = Legal(frozenset({"variables", "pipeline", "dependencies", "stageDependencies"}), STATUS)
STEP_CONDITION = Legal(frozenset({"variables"}), STEP_STATUS)
VARIABLE = Legal(
    frozenset({"variables", "resources", "pipeline", "dependencies", "stageDependencies"}), {"counter": (0, 2)}
)


class Expressions:
    """Parses the run-time expressions of one file; the same text at the same kind of place only once."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._good: set[tuple[int, str]] = set()

    def check(self, text: Text | None, legal: Legal) -> None:
        """Report an expression that cannot be parsed, at its place inside the scalar."""
        if text is None or (id(legal), text.value) in self._good:
            return
        try:
            parse(text.value, functions=legal.functions, names=legal.names)
        except ExpressionError as error:
            position = text.position_at(min(error.position, len(text.value)))
            self._problems.error(position, error.message, code="expression", hint=_hint(text, error))
        else:
            self._good.add((id(legal), text.value))

    def check_variables(self, variables: tuple[Variable, ...]) -> None:
        """The `$[ ]` values of one scope."""
        for variable in variables:
            if variable.runtime:
                self.check(variable.value, VARIABLE)


def _hint(text: Text, error: ExpressionError) -> str:
    if "'$'" in error.message and "$(" in text.value:
        return "macros are not read here: write variables['name'] for $(name)"
    return error.hint
