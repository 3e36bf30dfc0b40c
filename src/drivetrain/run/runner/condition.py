"""Whether a step runs: its condition over the job's status and variables.

https://learn.microsoft.com/azure/devops/pipelines/process/conditions
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from drivetrain.lang.expressions import Context, ExpressionError, Trace, evaluate_boolean, parse
from drivetrain.lang.values import Caseless
from drivetrain.run.model import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from drivetrain.lang.values import Value
    from drivetrain.run.runner.mask import Masker
    from drivetrain.run.runner.variables import Variables

DEFAULT = "succeeded()"
_GOOD = (Result.SUCCEEDED, Result.SUCCEEDED_WITH_ISSUES)
STATUS: dict[str, Callable[[Result], bool]] = {
    "always": lambda _: True,
    "canceled": lambda result: result is Result.CANCELED,
    "failed": lambda result: result is Result.FAILED,
    "succeeded": lambda result: result in _GOOD,
    "succeededOrFailed": lambda result: result in (*_GOOD, Result.FAILED),
}
"""The status functions within a job: name -> whether it holds at this status of the job."""
_ALONE = {f"{name.lower()}()": test for name, test in STATUS.items()}


class Verdict(NamedTuple):
    """Whether to run, and how that was found out, for the log."""

    runs: bool
    trace: Sequence[str] = ()
    error: str = ""


def judge(condition: str, status: Result, variables: Variables, masker: Masker) -> Verdict:
    """Evaluate a step's condition; a wrong expression is a verdict with an error."""
    text = condition.strip() or DEFAULT
    alone = _ALONE.get(text.lower())
    if alone is not None:  # Nearly every step: no need to parse.
        runs = alone(status)
        return Verdict(runs, () if runs else (f"Evaluating: {text}", "Result: False"))
    trace = Trace(masker.text)
    try:
        expression = parse(text, functions=dict.fromkeys(STATUS, (0, 0)), names={"variables"})
        runs = evaluate_boolean(expression, _context(status, variables), trace=trace)
    except ExpressionError as error:
        return Verdict(runs=False, trace=trace.lines, error=f"The condition cannot be evaluated: {error.message}")
    return Verdict(runs, trace.lines)


def _context(status: Result, variables: Variables) -> Context:
    functions = {name: _function(test, status) for name, test in STATUS.items()}
    return Context({"variables": lambda: Caseless(dict(variables.expanded()))}, functions)


def _function(test: Callable[[Result], bool], status: Result) -> Callable[[Sequence[Value]], Value]:
    return lambda _: test(status)
