"""`checkout`: which repository a step means, what its task is given, and what the step is called.

https://learn.microsoft.com/azure/devops/pipelines/repos/multi-repo-checkout
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from drivetrain.definition.model import CompileContext, RepositoryResource, Variable
from drivetrain.plan.model import RepositoryPlan
from drivetrain.plan.names.model import checkout_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from drivetrain.definition.model import Job, Pipeline, Step

SELF = "self"
_INLINE = "git://"
_RESOURCES = "resources"


class Checkouts(Struct, frozen=True):
    """What a checkout can be told of: the repositories of the file, and how they were found. Both by alias in lower
    case.
    """

    context: CompileContext = field(default_factory=CompileContext)
    resources: Mapping[str, RepositoryResource] = field(default_factory=dict)
    found: Mapping[str, RepositoryPlan] = field(default_factory=dict)

    def inputs(self, step: Step) -> dict[str, str]:
        """The inputs of its task. What the step leaves open, the resource may say."""
        resource = self.resources.get(step.subject.value.lower())
        options = {**(resource.checkout_options if resource else {}), **step.options}
        alias = resource.alias if resource else step.subject.value
        alias = SELF if alias.lower() == SELF else alias
        return {"repository": alias, **{key: value.value for key, value in options.items()}}

    def implicit(self) -> dict[str, str]:
        """The inputs of the checkout that comes first where a job does not speak of it."""
        own = self.resources.get(SELF)
        return {
            "repository": SELF,
            **({key: value.value for key, value in own.checkout_options.items()} if own else {}),
        }

    def title(self, step: Step | None, path: str, *, several: bool) -> str:
        """What Azure shows for a checkout without `displayName`; without a step it is the one that nobody wrote."""
        name, ref = self._own() if step is None or step.subject.value.lower() == SELF else self._other(step)
        folder = f"s/{checkout_folder(name)}" if several else "s"
        return f"Checkout {name}@{ref.removeprefix('refs/heads/')} to {path or folder}"

    def _own(self) -> tuple[str, str]:
        name = self.context.repository or "$(Build.Repository.Name)"
        return name, self.context.branch or "$(Build.SourceBranchName)"

    def _other(self, step: Step) -> tuple[str, str]:
        alias = step.subject.value
        resource = self.resources.get(alias.lower()) or inline(step)
        found = self.found.get(alias.lower()) or RepositoryPlan(alias)
        name = resource.name if resource is not None else ""
        return name or found.name, found.ref or (resource.ref if resource is not None else "") or "main"


def inline(step: Step) -> RepositoryResource | None:
    """The repository of Azure Repos that `checkout: git://project/name@ref` means; None for any other subject."""
    subject = step.subject.value
    if not subject.lower().startswith(_INLINE):
        return None
    name, _, ref = subject[len(_INLINE) :].partition("@")
    return RepositoryResource(subject, step.subject.position, name=name, ref=ref)


def by_alias(pipeline: Pipeline) -> dict[str, RepositoryResource]:
    """The repositories that the file declares, by alias in lower case."""
    return {resource.alias.lower(): resource for resource in pipeline.resources.repositories}


def checked_out(pipeline: Pipeline) -> tuple[RepositoryResource, ...]:
    """The other repositories that some job checks out, each once."""
    declared = by_alias(pipeline)
    found: dict[str, RepositoryResource] = {}
    for step in _checkouts(pipeline):
        alias = step.subject.value.lower()
        resource = declared.get(alias) or inline(step)
        if resource is not None and alias != SELF:
            found.setdefault(alias, resource)
    return tuple(found.values())


def needed(pipeline: Pipeline) -> tuple[RepositoryResource, ...]:
    """The other repositories that must be found before a run can be made: those checked out, and all that are declared
    where a variable asks for what was found.
    """
    found = {resource.alias.lower(): resource for resource in checked_out(pipeline)}
    if any(_RESOURCES in text.lower() for text in _runtime_values(pipeline)):
        found = {alias: resource for alias, resource in by_alias(pipeline).items() if alias != SELF} | found
    return tuple(found.values())


def recorded(pipeline: Pipeline, found: Mapping[str, RepositoryPlan]) -> dict[str, RepositoryPlan]:
    """What a plan keeps of other repositories: those declared, as they were found if anything needed them, and those
    that are checked out without being declared.
    """
    named = {alias: resource for alias, resource in by_alias(pipeline).items() if alias != SELF}
    named |= {resource.alias.lower(): resource for resource in checked_out(pipeline)}
    return {
        resource.alias: found.get(alias) or RepositoryPlan(resource.name, resource.type, resource.ref)
        for alias, resource in named.items()
    }


def _runtime_values(pipeline: Pipeline) -> Iterator[str]:
    jobs = [job for stage in pipeline.stages for job in stage.jobs]
    for variables in (
        pipeline.variables,
        *(stage.variables for stage in pipeline.stages),
        *(job.variables for job in jobs),
    ):
        yield from (entry.value.value for entry in variables if isinstance(entry, Variable) and entry.runtime)
    for job in jobs:
        yield from (text.value for text in job.expressions)


def _checkouts(pipeline: Pipeline) -> Iterator[Step]:
    jobs = (job for stage in pipeline.stages for job in stage.jobs)
    return (step for job in jobs for step in _steps(job) if step.kind == "checkout")


def _steps(job: Job) -> tuple[Step, ...]:
    hooks = job.deployment.hooks if job.deployment is not None else ()
    return (*job.steps, *(step for hook in hooks for step in hook.steps))
