"""A command job -> the plan that the engine drives: a job of one step, alone in its stage and its run, or one of many.

Texts of users are no expressions and no macros: the task takes its input as the plan has it, and titles are made plain.
"""

from __future__ import annotations

from contextlib import suppress

import msgspec

from drivetrain.plan.azureml.model import COMMAND_INPUT, COMMAND_TASK, REMOTE_TASK, STAGE, CommandTask
from drivetrain.plan.model import JobPlan, Plan, ResourceKind, ResourceUse, StagePlan, StepPlan

ALONE = "command"
"""The name of the job that a command job is, where it is a run of its own."""
NAME_FORMAT = "$(Date:yyyyMMdd).$(Rev:r)"


def command_plan(task: CommandTask) -> Plan:
    """The plan of a command job that is a run of its own: one stage, one job, one step."""
    stage = StagePlan(
        name=STAGE,
        display_name=plain(task.display_name),
        jobs=(command_job(task, ALONE),),
        resources=(*compute_use(task.workspace.id, task.compute), *connections_of(task)),
        lock_behavior="sequential",
    )
    return Plan(pipeline=task.run.experiment, file="", name_format=NAME_FORMAT, stages=(stage,))


def command_job(task: CommandTask, name: str, depends_on: tuple[str, ...] = (), condition: str = "") -> JobPlan:
    """A command job as a job of a plan, under a name of it; what it takes of a compute is its stage's business."""
    title = plain(task.display_name)
    step = StepPlan(
        name="command",
        display_name=title,
        task=COMMAND_TASK if task.remote is None else REMOTE_TASK,
        inputs={COMMAND_INPUT: msgspec.json.encode(task, order="deterministic").decode()},
    )
    return JobPlan(
        name=name,
        display_name=title,
        steps=(step,),
        depends_on=depends_on,
        condition=condition,
        timeout_minutes=repr(task.timeout / 60) if task.timeout else "0",
        resources=connections_of(task),
    )


def command_of(plan: Plan, name: str) -> CommandTask | None:
    """The command of the job of this name in a plan that carries jobs out; None when it has none."""
    for step in (step for stage in plan.stages for job in stage.jobs for step in job.steps):
        with suppress(KeyError, msgspec.MsgspecError):  # a task of a pipeline file may have an input of this name
            task = msgspec.json.decode(step.inputs[COMMAND_INPUT], type=CommandTask)
            if task.run.id == name:
                return task
    return None


def connections_of(task: CommandTask) -> tuple[ResourceUse, ...]:
    """The service connection that a job needs which a real workspace carries out."""
    return () if task.remote is None else (ResourceUse(ResourceKind.SERVICE_CONNECTION, task.remote.connection),)


def compute_use(workspace: str, compute: str) -> tuple[ResourceUse, ...]:
    """What a stage has to wait for that runs on a compute: a node of it. Serverless and `local` have no nodes of their
    own: they share the engine's.
    """
    return (ResourceUse(ResourceKind.COMPUTE, f"{workspace}/{compute}"),) if compute not in ("", "local") else ()


def plain(title: str) -> str:
    """A title in which nothing is expanded."""
    return title.replace("$(", "$ (").replace("$[", "$ [")
