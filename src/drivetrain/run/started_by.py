"""The predefined variables that tell of what started a run: its pull request, its schedule, the run before it.

https://learn.microsoft.com/azure/devops/pipelines/build/variables
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.source.events import PipelineCompleted, PullRequestChanged, RepositoryMoved, ScheduleDue, WebhookPosted

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.plan.model import PipelinePlan, Plan
    from drivetrain.run.model import Run
    from drivetrain.source.events import PullRequest

_AZURE_REPOS = "TfsGit"


def of_pull_request(value: Callable[[PullRequest, Run], str]) -> Callable[[Run], str | None]:
    """A variable that only runs of pull requests have, and only where there is something to say."""

    def found(run: Run) -> str | None:
        if not isinstance(run.cause, PullRequestChanged):
            return None
        return value(run.cause.pull_request, run) or None

    return found


def branch(ref: str, run: Run) -> str:
    """A branch of a pull request as Azure calls it: in full in Azure Repos, short everywhere else.

    https://learn.microsoft.com/azure/devops/pipelines/build/variables#system-variables-devops-services
    """
    return ref if run.source.provider == _AZURE_REPOS else ref.removeprefix("refs/heads/")


def schedule_name(run: Run) -> str | None:
    """The display name of the schedule that was due."""
    return run.cause.display_name or None if isinstance(run.cause, ScheduleDue) else None


def triggering_alias(run: Run) -> str | None:
    """The resource that started the run."""
    return run.cause.alias if isinstance(run.cause, PipelineCompleted | RepositoryMoved | WebhookPosted) else None


def triggering_category(run: Run) -> str | None:
    """What kind of resource it is."""
    if isinstance(run.cause, PipelineCompleted):
        return "pipeline"
    if isinstance(run.cause, WebhookPosted):
        return "webhook"
    return "repository" if isinstance(run.cause, RepositoryMoved) else None


def triggering_run(run: Run, plan: Plan) -> PipelinePlan | None:
    """The run of another pipeline that started this one."""
    if not isinstance(run.cause, PipelineCompleted):
        return None
    aliases = {alias.lower(): found for alias, found in plan.pipelines.items()}
    return aliases.get(run.cause.alias.lower())


def moved_repository(run: Run) -> RepositoryMoved | None:
    """The other repository whose push started the run: `Build.Repository.*` and `Build.Source*` tell of it.

    https://learn.microsoft.com/azure/devops/pipelines/repos/multi-repo-checkout#triggers
    """
    return run.cause if isinstance(run.cause, RepositoryMoved) else None
