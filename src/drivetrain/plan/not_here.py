"""What a pipeline may say that is right, and that cannot be carried out here yet: refused before anything runs.

`lint` and `expand` have nothing against it; `plan` and `run` say at which place they stop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from drivetrain.errors import Position, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from drivetrain.definition.model import Job, Pipeline, Pool, Stage, Step, TaskInfo

KINDS: Mapping[str, str] = {
    "downloadBuild": "downloadBuild steps",
    "getPackage": "getPackage steps",
    "reviewApp": "reviewApp steps",
}
"""Kinds of steps -> what they are called in messages."""
SUBJECTS: Mapping[str, tuple[frozenset[str], str]] = {
    "download": (frozenset({"current", "none"}), "download of artifacts of other pipelines"),
}
"""Kinds of steps -> the subjects that are carried out, and what the others are called in messages."""
_HOST = "host"
_ANY = "any"

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
    found |= set(_tasks(pipeline, {reference.lower() for reference in tasks}))
    return tuple(sorted(found, key=lambda problem: (problem.position, problem.message)))


def _tasks(pipeline: Pipeline, here: AbstractSet[str]) -> Iterator[Problem]:
    """A step that is not enabled needs no task."""
    for step in _steps(pipeline):
        if step.kind == "task" and step.enabled and step.subject.value.lower() not in here:
            message = f"task '{step.subject.value}' cannot run here yet"
            yield Problem(step.subject.position, message, code="not-yet-supported")


def _steps(pipeline: Pipeline) -> Iterator[Step]:
    for stage in pipeline.stages:
        for job in stage.jobs:
            yield from job.steps
            for hook in job.deployment.hooks if job.deployment is not None else ():
                yield from hook.steps


def _found(pipeline: Pipeline) -> Iterator[Found]:
    yield from _pool(pipeline.pool)
    for stage in pipeline.stages:
        yield from _stage(stage)


def _stage(stage: Stage) -> Iterator[Found]:
    if stage.checks:
        yield stage.position, "checks in stages", ""
    yield from _pool(stage.pool)
    for job in stage.jobs:
        yield from _job(job)


def _job(job: Job) -> Iterator[Found]:
    yield from _pool(job.pool)
    if job.container is not None:
        yield job.container.position, "container jobs", ""
    for service in job.services.values():
        yield service.position, "service containers", ""
    for step in job.steps:
        yield from _step(step)
    if job.deployment is not None:
        for hook in job.deployment.hooks:
            yield from _pool(hook.pool)
            for step in hook.steps:
                yield from _step(step)


def _pool(pool: Pool | None) -> Iterator[Found]:
    if pool is not None and pool.server and pool.position is not None:
        yield pool.position, "jobs of the server", "a job runs here in a pool with an agent"


def _step(step: Step) -> Iterator[Found]:
    if step.kind in KINDS:
        yield step.position, KINDS[step.kind], ""
    here, feature = SUBJECTS.get(step.kind, (frozenset(), ""))
    if feature and step.subject.value.lower() not in here:
        yield step.subject.position, feature, ""
    target = step.target
    if target is None:
        return
    if target.container.lower() not in ("", _HOST):
        yield target.position, "steps in another container", ""
    if target.commands not in ("", _ANY) or target.settable_variables is not None:
        yield target.position, "limits to what a step may change", ""
