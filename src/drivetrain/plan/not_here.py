"""What a pipeline may say that cannot be carried out, here or at all: refused before anything runs.

`lint` and `expand` have nothing against it; `plan` and `run` say at which place they stop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from drivetrain.errors import Position, Problem
from drivetrain.plan.job_targets import misplaced
from drivetrain.plan.names.model import of_major_version

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from drivetrain.definition.model import Job, Pipeline, Stage, Step, TaskInfo

KINDS: Mapping[str, tuple[str, str]] = {
    "downloadBuild": (
        "downloadBuild steps",
        "the builds of `resources.builds` are kept by other services, such as Jenkins",
    ),
    "getPackage": ("getPackage steps", "packages are kept by Azure Artifacts; let a script fetch the package"),
    "reviewApp": ("reviewApp steps", "it makes a namespace in a Kubernetes environment of Azure's"),
}
"""Kinds of steps -> what they are called in messages, and what to know of them."""
_ADD = (
    "`drivetrain task add` gives it its package, where you have that; `drivetrain task build` makes one of its source"
)

Found: TypeAlias = "tuple[Position, str, str]"
"""Where, what, and what to do."""


def not_here(pipeline: Pipeline, tasks: Mapping[str, TaskInfo]) -> tuple[Problem, ...]:
    """Everything in a pipeline that cannot be carried out here yet, in the order of the file.

    Args:
        pipeline: one without errors.
        tasks: the tasks that can run.
    """
    found = {
        Problem(position, f"not yet supported: {feature}", hint, code="not-yet-supported")
        for position, feature, hint in _found(pipeline)
    }
    misplaced_steps = misplaced(pipeline, tasks)
    found |= set(misplaced_steps.values())
    found |= set(_tasks(pipeline, {reference.lower() for reference in tasks}, misplaced_steps.keys()))
    return tuple(sorted(found, key=lambda problem: (problem.position, problem.message)))


def _tasks(pipeline: Pipeline, here: AbstractSet[str], told: AbstractSet[int]) -> Iterator[Problem]:
    """A step that is not enabled needs no task; of some steps more is told already."""
    for step in _steps(pipeline):
        wanted = step.kind == "task" and step.enabled and id(step) not in told
        if wanted and of_major_version(step.subject.value.lower()) not in here:
            message = f"task '{step.subject.value}' cannot run here yet"
            yield Problem(step.subject.position, message, _ADD, code="not-yet-supported")


def _steps(pipeline: Pipeline) -> Iterator[Step]:
    for stage in pipeline.stages:
        for job in stage.jobs:
            yield from job.steps
            for hook in job.deployment.hooks if job.deployment is not None else ():
                yield from hook.steps


def _found(pipeline: Pipeline) -> Iterator[Found]:
    for stage in pipeline.stages:
        yield from _stage(stage)


def _stage(stage: Stage) -> Iterator[Found]:
    if stage.checks:
        yield stage.position, "checks in stages", ""
    for job in stage.jobs:
        yield from _job(job)


def _job(job: Job) -> Iterator[Found]:
    for step in job.steps:
        yield from _step(step)
    if job.deployment is not None:
        for hook in job.deployment.hooks:
            for step in hook.steps:
                yield from _step(step)


def _step(step: Step) -> Iterator[Found]:
    if step.kind in KINDS:
        yield (step.position, *KINDS[step.kind])
