"""Which contexts and functions an expression may use at each place, as one table.

https://learn.microsoft.com/azure/devops/pipelines/process/expressions says in words what the service holds to: a word
that is not legal at a place is unknown there (`Unrecognized value`), whatever it means elsewhere. docs/expressions.md
shows the same table, and a test compares the two.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING
from typing import Literal as OneOf

from msgspec import Struct, field

from drivetrain.lang.expressions import ExpressionError, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.definition.model import Text, Variable
    from drivetrain.definition.problems import Problems
    from drivetrain.lang.expressions import Arity, Expression

STATUS: Mapping[str, Arity] = {
    "always": (0, 0),
    "canceled": (0, 0),
    "failed": (0, None),
    "succeeded": (0, None),
    "succeededOrFailed": (0, None),
}
"""https://learn.microsoft.com/azure/devops/pipelines/process/expressions#job-status-check-functions"""
STEP_STATUS: Mapping[str, Arity] = dict.fromkeys(STATUS, (0, 0))
LATE = "the run starts all the same, and fails when it gets here"
COUNTER: Mapping[str, Arity] = {"counter": (0, 2)}
SPLIT: Mapping[str, Arity] = {"split": (2, 2)}


class Legal(Struct, frozen=True):
    """What may be named at a place, beyond the functions that may be called everywhere."""

    place: str
    names: frozenset[str]
    functions: Mapping[str, Arity] = field(default_factory=dict)
    template: bool = False
    """Whether the place is inside `${{ }}`."""
    checked: OneOf["all", "syntax", "nothing"] = "all"
    """How much Azure checks before the run. What else is wrong fails when the run gets there: it is a warning."""

    def parse(self, text: str, more: frozenset[str] = frozenset()) -> Expression:
        """Parse what stands at this place; `more` are the loop variables around it. Raises ExpressionError.

        The same text at the same place is parsed only once.
        """
        return _parsed(self.place, text, more)

    def refuses(self, text: str) -> bool:
        """Whether Azure refuses a pipeline with this text here, which cannot be parsed."""
        if self.checked != "syntax":
            return self.checked == "all"
        try:
            parse(text)
        except ExpressionError:
            return True
        return False


PLACES: Mapping[str, Legal] = {
    legal.place: legal
    for legal in (
        Legal("template", frozenset({"parameters", "variables"}), SPLIT, template=True),
        Legal("run name", frozenset({"parameters", "variables"}), SPLIT, template=True),
        Legal("root variable", frozenset({"variables", "resources", "pipeline"}), COUNTER),
        Legal(
            "variable",
            frozenset({"variables", "resources", "pipeline", "dependencies", "stageDependencies"}),
            COUNTER,
            checked="nothing",
        ),
        Legal("job property", frozenset({"variables", "resources", "pipeline", "dependencies", "stageDependencies"})),
        Legal("stage condition", frozenset({"variables", "pipeline", "dependencies", "stageDependencies"}), STATUS),
        Legal("job condition", frozenset({"variables", "pipeline", "dependencies", "stageDependencies"}), STATUS),
        Legal("step condition", frozenset({"variables"}), STEP_STATUS, checked="syntax"),
    )
}
TEMPLATE = PLACES["template"]
RUN_NAME = PLACES["run name"]
ROOT_VARIABLE = PLACES["root variable"]
VARIABLE = PLACES["variable"]
JOB_PROPERTY = PLACES["job property"]
STAGE_CONDITION = PLACES["stage condition"]
JOB_CONDITION = PLACES["job condition"]
STEP_CONDITION = PLACES["step condition"]


@lru_cache(maxsize=4096)
def _parsed(place: str, text: str, more: frozenset[str]) -> Expression:
    legal = PLACES[place]
    return parse(text, functions=legal.functions, names=legal.names | more, template=legal.template)


class Expressions:
    """Parses the run-time expressions of one file; the same text at the same kind of place only once."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems

    def check(self, text: Text | None, legal: Legal) -> None:
        """Report an expression that cannot be parsed, at its place inside the scalar."""
        if text is None:
            return
        try:
            legal.parse(text.value)
        except ExpressionError as error:
            position = text.position_at(min(error.position, len(text.value)))
            hint = _hint(text, error)
            if legal.refuses(text.value):
                self._problems.error(position, error.message, code="expression", hint=hint)
            else:
                hint = "; ".join(filter(None, (hint, LATE)))
                self._problems.warning(position, error.message, code="expression", hint=hint)

    def check_variables(self, variables: tuple[Variable, ...], legal: Legal = VARIABLE) -> None:
        """The `$[ ]` values of one scope."""
        for variable in variables:
            if variable.runtime:
                self.check(variable.value, legal)


def _hint(text: Text, error: ExpressionError) -> str:
    if "'$'" in error.message and "$(" in text.value:
        return "macros are not read here: write variables['name'] for $(name)"
    return error.hint
