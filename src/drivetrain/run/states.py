"""Which moves a run, stage, job and step may make, and what their parts' results add up to.

One table; every other move is refused with the pair named. The order of results is the one the Azure agent merges
results by: Succeeded < SucceededWithIssues < Failed < Canceled; what was skipped does not count.
https://github.com/microsoft/azure-pipelines-agent/blob/master/src/Microsoft.VisualStudio.Services.Agent/Util/TaskResultUtil.cs
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from drivetrain.errors import ConflictError
from drivetrain.run.model import Result, State

if TYPE_CHECKING:
    from collections.abc import Iterable


class Kind(StrEnum):
    """What has states."""

    RUN = "run"
    STAGE = "stage"
    JOB = "job"
    STEP = "step"


Point = tuple[State, Result | None]
"""A state and, when it is completed, a result."""

PENDING: Point = (State.PENDING, None)
RUNNING: Point = (State.RUNNING, None)


def _done(*results: Result) -> frozenset[Point]:
    return frozenset((State.COMPLETED, result) for result in results)


_RAN = _done(Result.SUCCEEDED, Result.SUCCEEDED_WITH_ISSUES, Result.FAILED, Result.CANCELED)
_NEVER_RAN = _done(Result.SKIPPED, Result.CANCELED, Result.FAILED)
_ALL = _done(*Result)

MOVES: dict[Kind, dict[Point, frozenset[Point]]] = {
    # A run that cannot be planned fails without ever running.
    # One that is completed may be opened again: stages and jobs get another attempt.
    Kind.RUN: {
        PENDING: frozenset({RUNNING}) | _done(Result.FAILED, Result.CANCELED),
        RUNNING: _RAN,
        **dict.fromkeys(_RAN, frozenset({RUNNING})),
    },
    # A stage that runs is skipped in the end when each of its jobs was.
    Kind.STAGE: {PENDING: frozenset({RUNNING}) | _NEVER_RAN, RUNNING: _ALL},
    Kind.JOB: {PENDING: frozenset({RUNNING}) | _NEVER_RAN, RUNNING: _RAN},
    # A step that is tried again stays running.
    Kind.STEP: {PENDING: frozenset({RUNNING}) | _NEVER_RAN, RUNNING: frozenset({RUNNING}) | _ALL},
}
"""What may follow what; a completed stage, job or step never moves again (another attempt is another row)."""


def check_move(kind: Kind, name: str, before: Point, after: Point) -> None:
    """Let an allowed move pass. Raises ConflictError naming the thing and the pair for any other."""
    if after not in MOVES[kind].get(before, frozenset()):
        raise ConflictError(f"{kind} {name} cannot go from {_show(before)} to {_show(after)}")


def _show(point: Point) -> str:
    state, result = point
    return f"{state} ({result})" if result is not None else str(state)


WORST = (Result.SKIPPED, Result.SUCCEEDED, Result.SUCCEEDED_WITH_ISSUES, Result.FAILED, Result.CANCELED)
"""From the best to the worst, as results are merged."""
_RANK = {result: rank for rank, result in enumerate(WORST)}


def worst(results: Iterable[Result]) -> Result:
    """What parts add up to: the worst of them; Skipped when all were skipped or there are none.

    Legs make a job and jobs make a stage this way.
    """
    return max(results, key=_RANK.__getitem__, default=Result.SKIPPED)


def run_result(stages: Iterable[Result]) -> Result:
    """What stages make of a run. A run whose stages were all skipped has succeeded, as on Azure.

    https://github.com/MicrosoftDocs/azure-devops-docs/issues/12062
    """
    result = worst(stages)
    return Result.SUCCEEDED if result is Result.SKIPPED else result


def after_continue_on_error(outcome: Result, *, continue_on_error: bool) -> Result:
    """The result of an outcome: with `continueOnError` a failure becomes SucceededWithIssues.

    https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/jobs-job
    """
    return Result.SUCCEEDED_WITH_ISSUES if continue_on_error and outcome is Result.FAILED else outcome


def succeeded(result: Result) -> bool:
    """Whether dependents count it as a success: Succeeded or SucceededWithIssues."""
    return result in {Result.SUCCEEDED, Result.SUCCEEDED_WITH_ISSUES}
