"""How the run-time conditions of a pipeline come out as far as is known before it runs.

Everything before a stage, job or step is taken to have succeeded; variables are those of the file. What only a run can
tell (outputs and results of others, counters) is named as such.
https://learn.microsoft.com/azure/devops/pipelines/process/conditions
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.definition.model import Variable
from drivetrain.definition.scope import compile_variables
from drivetrain.definition.shape import called
from drivetrain.lang.expressions import Context, ExpressionError, Trace, evaluate, names_used, parse
from drivetrain.lang.values import Caseless

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from drivetrain.definition.model import CompileContext, Job, Pipeline, Step, Text, Variables
    from drivetrain.errors import Position
    from drivetrain.lang.expressions import HostFunction
    from drivetrain.lang.values import Value

_ONLY_IN_A_RUN = frozenset({"dependencies", "stagedependencies"})
_STATUS: Mapping[str, HostFunction] = {
    "always": lambda _: True,
    "succeeded": lambda _: True,
    "succeededOrFailed": lambda _: True,
    "failed": lambda _: False,
    "canceled": lambda _: False,
}


class Explained(Struct, frozen=True):
    """One expression and how it was evaluated, in the form of Azure's logs."""

    position: Position
    what: str
    """`template expression`, `condition of job 'test'`."""
    lines: tuple[str, ...]


def explain_conditions(
    pipeline: Pipeline, context: CompileContext, queued: Mapping[str, str], mask: Callable[[str], str]
) -> Iterator[Explained]:
    """Every condition of a pipeline without errors, in the order of the file."""
    root = {**compile_variables(context), **_values(pipeline.variables)}
    for stage in pipeline.stages:
        of_stage = {**root, **_values(stage.variables)}
        yield from _explained(stage.condition, f"condition of {called('stage', stage.name)}", of_stage, queued, mask)
        for job in stage.jobs:
            of_job = {**of_stage, **_values(job.variables)}
            yield from _explained(job.condition, f"condition of {called('job', job.name)}", of_job, queued, mask)
            for step in _steps(job):
                yield from _explained(step.condition, f"condition of a {step.kind} step", of_job, queued, mask)


def _steps(job: Job) -> Iterator[Step]:
    yield from job.steps
    for hook in job.deployment.hooks if job.deployment else ():
        yield from hook.steps


def _values(variables: Variables) -> dict[str, str]:
    return {
        variable.name: variable.value.value
        for variable in variables
        if isinstance(variable, Variable) and not variable.runtime
    }


def _explained(
    condition: Text | None,
    what: str,
    variables: Mapping[str, str],
    queued: Mapping[str, str],
    mask: Callable[[str], str],
) -> Iterator[Explained]:
    if condition is None:
        return
    trace = Trace(mask)
    known: dict[str, Value] = {"variables": Caseless({**queued, **variables}), "pipeline": {}, "resources": {}}
    nothing: dict[str, Value] = {name: {} for name in ("dependencies", "stageDependencies")}
    try:
        expression = parse(condition.value)
        evaluate(expression, Context({**known, **nothing}, _STATUS), trace=trace)
    except ExpressionError as error:
        trace.lines.append(mask(error.message))
        yield Explained(condition.position, what, tuple(trace.lines))
        return
    if any(path[0].lower() in _ONLY_IN_A_RUN for path in names_used(expression)):
        trace.lines.append("(what it says of others is known only in a run)")
    yield Explained(condition.position, what, tuple(trace.lines))
