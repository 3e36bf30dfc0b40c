"""`strategy` to the legs of a job.

https://learn.microsoft.com/azure/devops/pipelines/process/phases#multi-job-configuration
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.plan.model import LegPlan, RuntimeText, StrategyPlan

if TYPE_CHECKING:
    from drivetrain.definition.model import Leg, Strategy, Text

_POSITION = "System.JobPositionInPhase"
_TOTAL = "System.TotalJobsInPhase"


def plan_legs(strategy: Strategy | None) -> tuple[LegPlan, ...]:
    """One unnamed leg without a strategy; the matrix's legs by name; `parallel: 2` gives Job1 and Job2."""
    if strategy is None or not (strategy.legs or count(strategy.parallel)):
        return (LegPlan(),)
    if strategy.legs:
        total = len(strategy.legs)
        return tuple(_matrix_leg(leg, position, total) for position, leg in enumerate(strategy.legs, 1))
    total = count(strategy.parallel)
    return tuple(LegPlan(f"Job{position}", _place(position, total)) for position in range(1, total + 1))


def plan_strategy(strategy: Strategy | None) -> StrategyPlan | None:
    """What of it only the run can tell; None when there is no such thing."""
    if strategy is None:
        return None
    late = StrategyPlan(
        None if strategy.matrix is None else _runtime(strategy.matrix, f"$[{strategy.matrix.value}]"),
        _late(strategy.parallel),
        _late(strategy.max_parallel),
    )
    return late if late != StrategyPlan() else None


def _late(text: Text | None) -> RuntimeText | None:
    return None if text is None or text.value.isdigit() else _runtime(text, text.value)


def _runtime(text: Text, value: str) -> RuntimeText:
    return RuntimeText(value, str(text.position))


def count(text: Text | None) -> int:
    """A number that the file gives; 0 where it gives none, or one that is known only at run time."""
    return int(text.value) if text is not None and text.value.isdigit() else 0


def _matrix_leg(leg: Leg, position: int, total: int) -> LegPlan:
    return LegPlan(leg.name, {**_place(position, total), **leg.variables})


def _place(position: int, total: int) -> dict[str, str]:
    return {_POSITION: str(position), _TOTAL: str(total)}
