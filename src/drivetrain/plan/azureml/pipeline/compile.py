"""A pipeline job -> one plan: every step is a stage, so that each waits for its own compute, and steps that do not need
each other run side by side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.plan.azureml.compile import NAME_FORMAT, command_job, compute_use, connections_of, plain
from drivetrain.plan.azureml.model import CommandTask
from drivetrain.plan.azureml.sweep.compile import sweep_job
from drivetrain.plan.model import Plan, ResourceUse, StagePlan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.plan.azureml.sweep.model import SweepTask

STEP_JOB = "step"
"""The name of the only job of every stage."""


class PlannedStep(Struct, frozen=True):
    """A step, ready to run."""

    name: str
    task: CommandTask | SweepTask
    after: tuple[str, ...] = ()
    reused: bool = False
    """Another job has done the same already: nothing is run."""


def pipeline_plan(experiment: str, steps: Sequence[PlannedStep]) -> Plan:
    """The plan of a pipeline job."""
    return Plan(pipeline=experiment, file="", name_format=NAME_FORMAT, stages=tuple(_stage(step) for step in steps))


def _stage(step: PlannedStep) -> StagePlan:
    task = step.task
    command = isinstance(task, CommandTask)
    return StagePlan(
        name=step.name,
        display_name=plain(task.display_name),
        jobs=(command_job(task, STEP_JOB) if isinstance(task, CommandTask) else sweep_job(task, STEP_JOB),),
        depends_on=step.after,
        resources=_resources(task),
        lock_behavior="sequential" if command else "",
        left_out=step.reused,
    )


def job_of_step(name: str) -> str:
    """The job of the run that a step is, in the words of `AzureJob.job`."""
    return f"{name}.{STEP_JOB}"


def _resources(task: CommandTask | SweepTask) -> tuple[ResourceUse, ...]:
    if not isinstance(task, CommandTask):
        return ()
    return (*compute_use(task.workspace.id, task.compute), *connections_of(task))
