"""A run's name from its plan: dates, revision and root variables, those too that are evaluated anew for each run.

https://learn.microsoft.com/azure/devops/pipelines/process/run-number
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition.scope import compile_variables
from drivetrain.errors import DefinitionError, Position, Problem, UserError
from drivetrain.lang.expressions import Context, ExpressionError, evaluate_string, parse
from drivetrain.lang.values import Caseless
from drivetrain.plan.run_name import root_values, run_name
from drivetrain.run.conditions import counting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from drivetrain.definition.model import CompileContext
    from drivetrain.plan.model import Plan
    from drivetrain.plan.run_name import RunName
    from drivetrain.run.ports import Counter, NewRun, Number


def numbering(new: NewRun, plan: Plan, context: CompileContext, now: datetime) -> tuple[str, Number]:
    """What names a run of this plan: the key that its revisions are counted by, and the name itself, for
    `RunStore.create`. A name with a `counter()` in it is new each time, so its revision is always 1.

    Raises DefinitionError when Azure would refuse the name.
    """

    def named(counter: Counter) -> RunName:
        evaluate = _evaluator(compile_variables(context), now, counter)
        try:
            return name_at(new, plan.name_format, context, now, root_values(plan, new.variables, evaluate))
        except UserError as error:
            problem = Problem(Position(new.file, 1, 1), error.message, error.hint, code="run-name")
            raise DefinitionError([problem]) from error

    name = named(lambda *_: 1)
    if name.text == named(lambda *_: 2).text:
        return name.key, lambda run_id, revision, _: name.render(run_id, revision)
    return name.key, lambda run_id, _, counter: named(counter).render(run_id, 1)


def name_at(
    new: NewRun, name_format: str, context: CompileContext, now: datetime, variables: Mapping[str, str] | None = None
) -> RunName:
    """The name by a format. Raises UserError."""
    return run_name(
        name_format,
        now=now,
        pipeline=new.pipeline,
        branch=new.source.ref,
        project=context.project,
        variables=variables,
    )


def _evaluator(
    predefined: Mapping[str, str], now: datetime, counter: Counter
) -> Callable[[str, Mapping[str, str]], str | None]:
    functions = {"counter": counting(counter)}

    def evaluate(text: str, values: Mapping[str, str]) -> str | None:
        variables, pipeline = Caseless({**values, **predefined}), Caseless({"startTime": now})
        context = Context({"variables": variables, "pipeline": pipeline}, functions)
        try:
            return evaluate_string(parse(text), context)
        except ExpressionError:
            return None  # It needs what only a running pipeline knows.

    return evaluate
