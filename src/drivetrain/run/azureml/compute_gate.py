"""Jobs wait for nodes of their compute, in the order in which they came."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from drivetrain.clock import timestamp
from drivetrain.errors import NotFoundError
from drivetrain.plan.model import ResourceKind
from drivetrain.run.checks.model import Gate
from drivetrain.run.model import Result

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.clock import Clock
    from drivetrain.plan.model import Plan, StagePlan
    from drivetrain.run.azureml.ports import ComputeNodes
    from drivetrain.run.checks.ports import Gatekeeper
    from drivetrain.run.model import Run

LOOK_SECONDS = 1.0
"""How often a stage that waits looks by itself; it looks at once when another stage of this server has ended."""


class ComputeGates:
    """The Gatekeeper port: asks for the nodes of a compute once everything else has been passed."""

    def __init__(self, nodes: ComputeNodes, others: Gatekeeper, capacity: Callable[[str], int], clock: Clock) -> None:
        """`capacity` says how many nodes a compute has, by `WORKSPACE-ID/NAME`. Raises NotFoundError."""
        self._nodes = nodes
        self._others = others
        self._capacity = capacity
        self._clock = clock

    def look(self, run: Run, plan: Plan, stage: StagePlan, attempt: int) -> Gate:
        """Where the gate of this attempt at a stage stands."""
        compute = next((use.name for use in stage.resources if use.kind is ResourceKind.COMPUTE), "")
        if not compute or self._nodes.holds(run.id, stage.name, attempt):
            return self._others.look(run, plan, stage, attempt)
        gate = self._others.look(run, plan, stage, attempt)
        if not gate.open:
            return gate
        try:
            capacity = self._capacity(compute)
        except NotFoundError as error:
            return Gate(result=Result.FAILED, reason=error.message)
        if self._nodes.take(compute, (run.id, stage.name, attempt), capacity):
            return gate
        again = timestamp(self._clock.now() + timedelta(seconds=LOOK_SECONDS))
        name = compute.rpartition("/")[2]
        return Gate(reason=f"Waiting for a node of the compute '{name}', which has {capacity}", look_again=again)

    def leave(self, run: Run, stage: str, attempt: int) -> None:
        """The stage is over, or will never begin."""
        self._nodes.release(run.id, stage, attempt)
        self._others.leave(run, stage, attempt)
