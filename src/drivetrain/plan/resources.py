"""What a job and its stage need of what is kept outside the files: environments, variable groups, service connections,
secure files. Their checks are the stage's gate, and only they are handed to the job.

https://learn.microsoft.com/azure/devops/pipelines/process/about-resources
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.definition.model import Variable, VariableGroup
from drivetrain.errors import UserError
from drivetrain.lang.macros import expand_macros
from drivetrain.plan.model import ResourceKind, ResourceUse
from drivetrain.plan.names.model import of_major_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from drivetrain.definition.model import Job, Pipeline, RepositoryResource, Stage, Step, TaskInfo, Variables
    from drivetrain.plan.model import ContainerPlan

_SELF = "self"


def job_resources(
    job: Job,
    tasks: Mapping[str, TaskInfo],
    repositories: Mapping[str, RepositoryResource],
    containers: Iterable[ContainerPlan],
    *,
    scopes: tuple[Variables, ...],
) -> tuple[ResourceUse, ...]:
    """What a job itself names. Macros of variables that the file sets (`scopes`, a later one wins) are expanded: a name
    is known before the job runs, or it stays as it is written.

    `tasks` and `repositories` are keyed by lower-case reference and alias.
    """
    known = _static(scopes)
    uses = [
        *_environment(job),
        *group_resources(job.variables),
        *(use for step in _steps(job) for use in _step(step, tasks, repositories)),
        *(
            ResourceUse(ResourceKind.SERVICE_CONNECTION, each.endpoint, each.position)
            for each in containers
            if each.endpoint
        ),
    ]
    return unique(ResourceUse(use.kind, _expanded(use.name, known), use.position) for use in uses)


def stage_resources(pipeline: Pipeline, stage: Stage, jobs: Iterable[ResourceUse]) -> tuple[ResourceUse, ...]:
    """All that a stage needs: its groups and those of the pipeline, and what its jobs name."""
    return unique([*group_resources(pipeline.variables), *group_resources(stage.variables), *jobs])


def group_resources(variables: Variables) -> Iterator[ResourceUse]:
    """The variable groups of one scope."""
    for entry in variables:
        if isinstance(entry, VariableGroup):
            yield ResourceUse(ResourceKind.VARIABLE_GROUP, entry.name.value, str(entry.name.position))


def unique(uses: Iterable[ResourceUse]) -> tuple[ResourceUse, ...]:
    """Each resource once, where it is named first; names are compared ignoring case."""
    found: dict[tuple[str, str], ResourceUse] = {}
    for use in uses:
        found.setdefault((use.kind, use.name.lower()), use)
    return tuple(found.values())


def _environment(job: Job) -> Iterator[ResourceUse]:
    environment = job.deployment.environment if job.deployment is not None else None
    if environment is not None and environment.name.value:
        yield ResourceUse(ResourceKind.ENVIRONMENT, environment.name.value, str(environment.name.position))


def _steps(job: Job) -> Iterator[Step]:
    yield from job.steps
    for hook in job.deployment.hooks if job.deployment is not None else ():
        yield from hook.steps


def _step(
    step: Step, tasks: Mapping[str, TaskInfo], repositories: Mapping[str, RepositoryResource]
) -> Iterator[ResourceUse]:
    if step.kind == "checkout":
        repository = repositories.get(step.subject.value.lower())
        if repository is not None and repository.endpoint and repository.alias.lower() != _SELF:
            yield ResourceUse(ResourceKind.SERVICE_CONNECTION, repository.endpoint, str(repository.position))
    info = tasks.get(of_major_version(step.subject.value.lower())) if step.kind == "task" else None
    if info is None:
        return
    yield from _named(step, info.connections, ResourceKind.SERVICE_CONNECTION)
    yield from _named(step, info.secure_files, ResourceKind.SECURE_FILE)


def _named(step: Step, inputs: tuple[str, ...], kind: ResourceKind) -> Iterator[ResourceUse]:
    """An input that takes several has commas between them."""
    wanted = {name.lower() for name in inputs}
    for key, value in step.inputs.items():
        if key.lower() in wanted:
            names = (name.strip() for name in value.value.split(","))
            yield from (ResourceUse(kind, name, str(value.position)) for name in names if name)


def _static(scopes: tuple[Variables, ...]) -> dict[str, str]:
    return {
        entry.name.lower(): entry.value.value
        for variables in scopes
        for entry in variables
        if isinstance(entry, Variable) and not entry.runtime
    }


def _expanded(name: str, known: Mapping[str, str]) -> str:
    if "$(" not in name:
        return name
    try:
        return expand_macros(name, lambda variable: known.get(variable.lower()))
    except UserError:  # as long as that, it names nothing
        return name
