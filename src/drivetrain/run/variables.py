"""The variables of a run, a stage and a job, with `$[ ]` evaluated: what conditions see and what a job starts with.

Scopes from the outermost, a later one wins ignoring case: those set when the run was queued, pipeline, stage, job, leg
of a matrix, predefined ones. The variables of a group stand where the file names it: what follows it in its scope wins
over it. `$(macros)` in values stay as they are: the runner expands them.
https://learn.microsoft.com/azure/devops/pipelines/process/variables#variable-scopes
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from drivetrain.lang.expressions import ExpressionError
from drivetrain.lang.macros import expand_macros
from drivetrain.run.model import JobVariable
from drivetrain.run.predefined import predefined
from drivetrain.run.resources import pipeline_variables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from drivetrain.lang.expressions import Context
    from drivetrain.plan.model import JobPlan, StagePlan, VariablePlan
    from drivetrain.run.conditions import Expressions
    from drivetrain.run.library.model import GroupVariable
    from drivetrain.run.predefined import Place

    Groups = Callable[[VariablePlan], Mapping[str, GroupVariable]]


SHORTEST_TELLING = 4
"""A secret of fewer characters that is part of a value does not make that value a secret."""


class Bag(Struct):
    """Variables by name, ignoring case; secret ones are told apart."""

    plain: dict[str, JobVariable] = field(default_factory=dict)
    secret: dict[str, tuple[str, str]] = field(default_factory=dict)

    def put(self, variable: JobVariable, *, secret: bool = False) -> None:
        """Set one; what had the name before is gone."""
        key = variable.name.lower()
        self.plain.pop(key, None)
        self.secret.pop(key, None)
        if secret:
            self.secret[key] = (variable.name, variable.value)
        else:
            self.plain[key] = variable

    def get(self, name: str) -> str | None:
        """The value, secret or not."""
        key = name.lower()
        if key in self.secret:
            return self.secret[key][1]
        return self.plain[key].value if key in self.plain else None

    def secrets(self) -> set[str]:
        """The values of the secret ones."""
        return {value for _, value in self.secret.values()}

    def values(self) -> dict[str, str]:
        """Name to value, secrets included: what an expression may refer to."""
        plain = {variable.name: variable.value for variable in self.plain.values()}
        return plain | dict(self.secret.values())


def variables_at(place: Place, expressions: Expressions, groups: Groups) -> Bag:
    """What is set at a place. Raises ExpressionError that names the variable whose `$[ ]` is wrong, or what `groups`
    raises, which opens the variable group that a `VariablePlan` names.
    """
    given = predefined(place) | pipeline_variables(place.plan)
    bag = Bag()
    early = given if any(variable.runtime for variable in _declared(place)) else {}  # only these look at what is set
    for name, value in (*early.items(), *place.run.variables.items()):
        bag.put(JobVariable(name, value))
    _evaluate(bag, place, expressions, groups)
    for name, value in (place.leg.variables if place.leg else {}).items():
        bag.put(JobVariable(name, value))
    for name, value in given.items():
        bag.put(JobVariable(name, value, readonly=True))
    return bag


def _evaluate(bag: Bag, place: Place, expressions: Expressions, groups: Groups) -> None:
    context = _context(place, expressions)
    secrets: set[str] | None = None
    for variable in _declared(place):
        if variable.group:
            for name, each in groups(variable).items():
                bag.put(JobVariable(name, each.value), secret=each.secret)
            continue
        value, secret = variable.value, False
        if variable.runtime:
            value = _runtime(variable, expressions, context(bag.values()))
            secrets = _secrets(place, expressions) if secrets is None else secrets
            secret = holds_secret(value, secrets | bag.secrets())
        bag.put(JobVariable(variable.name, value, variable.readonly), secret=secret)


def holds_secret(value: str, secrets: Iterable[str]) -> bool:
    """Whether a value is a secret, or was made with one. A very short one is in many a text by chance."""
    return any(hidden == value or (len(hidden) >= SHORTEST_TELLING and hidden in value) for hidden in secrets if hidden)


def _declared(place: Place) -> Iterator[VariablePlan]:
    yield from place.plan.variables
    if place.stage is not None:
        yield from place.stage.variables
    if place.job is not None:
        yield from place.job.variables


def _runtime(variable: VariablePlan, expressions: Expressions, context: Context) -> str:
    try:
        return expressions.text(variable.value, context)
    except ExpressionError as error:
        raise ExpressionError(f"variable '{variable.name}': {error.message}", error.position) from error


def _secrets(place: Place, expressions: Expressions) -> set[str]:
    if place.stage is None or place.job is None:
        return set()
    return {secret for secret in expressions.secrets(place.stage, place.job) if secret}


def _context(place: Place, expressions: Expressions) -> Callable[[Mapping[str, str]], Context]:
    stage, job = place.stage, place.job
    if stage is None:
        raise ValueError("expressions are evaluated for a stage or a job")
    if job is None:
        return lambda values: expressions.stage_context(stage, values)
    return lambda values: expressions.job_context(stage, job, values)


def resolve(text: str, bag: Bag, expressions: Expressions, stage: StagePlan, job: JobPlan) -> str:
    """A text of a job, such as its timeout or title, with `$[ ]` evaluated and macros expanded."""
    if text.startswith("$[") and text.endswith("]"):
        return expressions.text(text[2:-1].strip(), expressions.job_context(stage, job, bag.values()))
    return expand_macros(text, lambda name: _plain(bag, name)) if "$(" in text else text


def _plain(bag: Bag, name: str) -> str | None:
    # A secret never becomes part of a title.
    variable = bag.plain.get(name.lower())
    return variable.value if variable else None


def truth(text: str) -> bool:
    """Whether a YAML boolean, as text, is true: `true`, `y`, `yes`, `on`."""
    return text.strip().lower() in {"true", "y", "yes", "on", "1"}
