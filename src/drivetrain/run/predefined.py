"""The predefined variables that the engine gives a run, a stage and a job: one table, documented in docs/variables.md.

The runner adds those that only it knows: Agent.*, folders, Agent.JobStatus (run/runner/).
https://learn.microsoft.com/azure/devops/pipelines/build/variables
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.run import started_by
from drivetrain.run.started_by import of_pull_request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivetrain.plan.model import (
        DeploymentPlan,
        EnvironmentPlan,
        HookPlan,
        JobPlan,
        LegPlan,
        PipelinePlan,
        Plan,
        RepositoryPlan,
        StagePlan,
        StepPlan,
    )
    from drivetrain.run.model import Run
    from drivetrain.source.events import PullRequest

_NAMESPACE = uuid.UUID("6ab5fcf2-0c52-4d5c-9a4e-2f3d6bb7d1c5")
NO_SERVER = "http://127.0.0.1"


class Place(Struct, frozen=True):
    """Where in a run a variable is asked for."""

    run: Run
    plan: Plan
    server_url: str = ""
    stage: StagePlan | None = None
    job: JobPlan | None = None
    leg: LegPlan | None = None
    attempt: int = 1
    phase_attempt: int = 1
    stage_attempt: int = 1
    display_name: str = ""
    """The job's, with macros expanded."""


class Predefined(Struct, frozen=True):
    """One variable; `value` gives None where it does not exist."""

    name: str
    source: str
    """Where its value comes from, as the documentation says it."""
    value: Callable[[Place], str | None]


def guid(*parts: object) -> str:
    """An id that is always the same for the same parts."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(map(str, parts))))


def _branch_name(place: Place) -> str:
    """The last part of the ref: `main` of `refs/heads/main`, `merge` of `refs/pull/1/merge`."""
    ref = _ref(place)
    if ref.startswith("refs/pull/"):
        return "merge"
    return ref.rsplit("/", 1)[-1]


def _branch(place: Place) -> str:
    """Azure calls a folder of Subversion by its path: `trunk`, `branches/next`."""
    ref = _ref(place)
    return ref.removeprefix("refs/heads/") if place.run.source.provider == "Svn" else ref


def _checkout(place: Place, value: Callable[[Mapping[str, str]], bool]) -> str:
    """Of the job's one checkout, else of its checkout of `self`.

    https://github.com/microsoft/azure-pipelines-agent/blob/master/src/Agent.Worker/Build/BuildJobExtension.cs
    """
    inputs = [step.inputs for step in _steps(place) if step.task.lower() == "checkout@1"]
    own = inputs if len(inputs) == 1 else [each for each in inputs if each.get("repository", "self") == "self"]
    return str(bool(own) and value(own[0]))


def _steps(place: Place) -> tuple[StepPlan, ...]:
    """Those of the leg; of the job while its legs are not known."""
    if place.job is None:
        return ()
    return place.job.steps if place.leg is None else place.job.steps_of(place.leg.name)


def _clean(inputs: Mapping[str, str]) -> bool:
    """What is no boolean counts as true, as the agent reads it."""
    return inputs.get("clean", "false").strip().lower() not in ("false", "")


def _submodules(inputs: Mapping[str, str]) -> bool:
    return inputs.get("submodules", "false").strip().lower() not in ("false", "")


def _ref(place: Place) -> str:
    moved = started_by.moved_repository(place.run)
    return moved.ref if moved else place.run.source.ref


def _repository(place: Place, own: Callable[[Run], str], other: Callable[[RepositoryPlan], str]) -> str:
    """Of the pipeline's own repository, or of the one whose push started the run."""
    moved = started_by.moved_repository(place.run)
    found = place.plan.repositories.get(moved.alias.lower()) if moved else None
    return other(found) if found else own(place.run)


def _version(place: Place) -> str:
    return _repository(place, lambda run: run.source.version or run.source.commit.sha, lambda found: found.version)


def _uri(place: Place) -> str:
    return _repository(place, lambda run: run.source.uri, lambda found: found.url)


def _triggering(value: Callable[[PipelinePlan], str]) -> Callable[[Place], str | None]:
    """Of the run that started this one."""

    def found(place: Place) -> str | None:
        run = started_by.triggering_run(place.run, place.plan)
        return None if run is None else value(run)

    return found


def _pull(value: Callable[[PullRequest, Run], str]) -> Callable[[Place], str | None]:
    of_run = of_pull_request(value)
    return lambda place: of_run(place.run)


def _collection(place: Place) -> str:
    return f"{place.server_url or NO_SERVER}/"


def _project(place: Place) -> str:
    return place.run.project or place.run.source.name


def _stage(value: Callable[[StagePlan], str]) -> Callable[[Place], str | None]:
    return lambda place: None if place.stage is None else value(place.stage)


def _job(value: Callable[[JobPlan, Place], str]) -> Callable[[Place], str | None]:
    return lambda place: None if place.job is None else value(place.job, place)


def _deployment(value: Callable[[DeploymentPlan], str]) -> Callable[[Place], str | None]:
    """Of deployments only, and only where there is something to say."""
    return lambda place: (
        None if place.job is None or place.job.deployment is None else value(place.job.deployment) or None
    )


def _environment(value: Callable[[EnvironmentPlan], str]) -> Callable[[Place], str | None]:
    return _deployment(lambda deployment: value(deployment.environment) if deployment.environment.name else "")


def _hook(value: Callable[[HookPlan], str]) -> Callable[[Place], str | None]:
    return lambda place: None if place.leg is None or place.leg.hook is None else value(place.leg.hook) or None


def _identifier(place: Place) -> str:
    names = (place.stage.name if place.stage else "", place.job.name if place.job else "", _leg(place))
    return ".".join(name for name in names if name)


def _leg(place: Place) -> str:
    return place.leg.name if place.leg else ""


def _position(job: JobPlan, place: Place) -> str:
    names = [leg.name for leg in job.legs]
    return str(names.index(_leg(place)) + 1 if _leg(place) in names else 1)


_ROWS: tuple[tuple[str, str, Callable[[Place], str | None]], ...] = (
    ("Build.BuildId", "the run's id", lambda p: str(p.run.id)),
    ("Build.BuildNumber", "the run's name, by `name:`", lambda p: p.run.number),
    ("Build.BuildUri", "made from the run's id", lambda p: f"vstfs:///Build/Build/{p.run.id}"),
    ("Build.ContainerId", "the run's id", lambda p: str(p.run.id)),
    ("Build.CronSchedule.DisplayName", "of the schedule that started the run",
     lambda p: started_by.schedule_name(p.run)),
    ("Build.DefinitionName", "the pipeline's name", lambda p: p.run.pipeline),
    ("Build.DefinitionVersion", "always 1", lambda _: "1"),
    ("Build.QueuedBy", "who or what started the run", lambda p: p.run.requested_for),
    ("Build.QueuedById", "made from the name", lambda p: guid("identity", p.run.requested_for)),
    ("Build.Reason", "the event that started the run", lambda p: str(p.run.reason)),
    ("Build.Repository.Clean", "`clean` of the job's checkout", lambda p: _checkout(p, _clean)),
    ("Build.Repository.Git.SubmoduleCheckout", "whether the job's checkout asks for submodules",
     lambda p: _checkout(p, _submodules)),
    ("Build.Repository.ID", "made from the repository's address", lambda p: guid("repository", _uri(p))),
    ("Build.Repository.Name", "the repository's name",
     lambda p: _repository(p, lambda run: run.source.name, lambda found: found.name)),
    ("Build.Repository.Provider", "the kind of repository", lambda p: p.run.source.provider),
    ("Build.Repository.Uri", "the repository's address", _uri),
    ("Build.RequestedFor", "the commit's author, or who started the run", lambda p: p.run.requested_for),
    ("Build.RequestedForEmail", "their e-mail address", lambda p: p.run.requested_for_email),
    ("Build.RequestedForId", "made from the name", lambda p: guid("identity", p.run.requested_for)),
    ("Build.SourceBranch", "the ref, in full; of Subversion the folder", _branch),
    ("Build.SourceBranchName", "the last part of the ref", _branch_name),
    ("Build.SourceVersion", "the commit; of Subversion the revision", _version),
    ("Build.SourceVersionAuthor", "the commit's author", lambda p: p.run.source.commit.author_name),
    ("Build.SourceVersionMessage", "the commit's subject line", lambda p: p.run.source.commit.message),
    ("Build.TriggeredBy.BuildId", "the run of another pipeline that started this one",
     _triggering(lambda run: str(run.run_id))),
    ("Build.TriggeredBy.BuildNumber", "its name", _triggering(lambda run: run.run_name)),
    ("Build.TriggeredBy.DefinitionId", "its project's id", _triggering(lambda run: str(run.pipeline_id))),
    ("Build.TriggeredBy.DefinitionName", "its pipeline's name", _triggering(lambda run: run.source)),
    ("Build.TriggeredBy.ProjectID", "made from its project's name",
     _triggering(lambda run: guid("project", run.project or run.source))),
    ("Checks.StageAttempt", "the same as `System.StageAttempt`",
     lambda p: str(p.stage_attempt) if p.stage else None),
    ("Environment.Id", "counted as environments are made", _environment(lambda e: str(e.id) if e.id else "")),
    ("Environment.Name", "`environment` of a deployment", _environment(lambda e: e.name)),
    ("Environment.ResourceId", "`resourceId` of its environment, else counted", _environment(lambda e: e.resource_id)),
    ("Environment.ResourceName", "`resourceName` of its environment", _environment(lambda e: e.resource_name)),
    ("Resources.TriggeringAlias", "the resource that started the run", lambda p: started_by.triggering_alias(p.run)),
    ("Resources.TriggeringCategory", "pipeline or repository: its kind",
     lambda p: started_by.triggering_category(p.run)),
    ("Strategy.Action", "in a canary: deploy, then promote or reject", _hook(lambda hook: hook.action)),
    ("Strategy.CycleName", "PreIteration, Iteration or PostIteration, by the hook", _hook(lambda hook: hook.cycle)),
    ("Strategy.Increment", "in a canary: the increment of this iteration", _hook(lambda hook: hook.increment)),
    ("Strategy.Name", "runOnce, rolling or canary", _deployment(lambda deployment: deployment.strategy)),
    ("System", "always build", lambda _: "build"),
    ("System.CollectionId", "made from the server's address", lambda p: guid("collection", _collection(p))),
    ("System.CollectionUri", "the server's address", _collection),
    ("System.Culture", "always en-US", lambda _: "en-US"),
    ("System.DefinitionId", "the project's id, 0 without a project", lambda p: str(p.run.project_id or 0)),
    ("System.DefinitionName", "the pipeline's name", lambda p: p.run.pipeline),
    ("System.EnableAccessToken", "always SecretVariable", lambda _: "SecretVariable"),
    ("System.HostType", "always build", lambda _: "build"),
    ("System.JobAttempt", "how often this leg was attempted, from 1", _job(lambda _, p: str(p.attempt))),
    ("System.JobDisplayName", "the job's title", _job(lambda j, p: p.display_name or j.display_name or j.name)),
    ("System.JobId", "made from run, job and attempt", _job(lambda _, p: guid(p.run.id, _identifier(p), p.attempt))),
    ("System.JobIdentifier", "stage, job and leg, with dots", _job(lambda _, p: _identifier(p))),
    ("System.JobName", "the leg's name, else the job's", _job(lambda j, p: _leg(p) or j.name)),
    ("System.JobPositionInPhase", "which leg, from 1", _job(_position)),
    ("System.ParallelExecutionType", "MultiConfiguration for a matrix, else None",
     _job(lambda j, _: "MultiConfiguration" if len(j.legs) > 1 and j.deployment is None else "None")),
    ("System.PhaseAttempt", "how often the job was attempted, from 1", _job(lambda _, p: str(p.phase_attempt))),
    ("System.PhaseDisplayName", "the job's title without its leg", _job(lambda j, _: j.display_name or j.name)),
    ("System.PhaseName", "the job's name", _job(lambda j, _: j.name)),
    ("System.PipelineStartTime", "when the run started", lambda p: p.run.started_at or p.run.created_at),
    ("System.PlanId", "made from the run's id", lambda p: guid("plan", p.run.id)),
    ("System.PullRequest.ForkSecretsRemoved", "True for one from a fork, which gets no secrets",
     _pull(lambda _, run: "True" if run.restricted else "")),
    ("System.PullRequest.IsFork", "whether the pull request comes from a fork", _pull(lambda pull, _: str(pull.fork))),
    ("System.PullRequest.PullRequestId", "the pull request's number", _pull(lambda pull, _: str(pull.number))),
    ("System.PullRequest.PullRequestNumber", "the pull request's number", _pull(lambda pull, _: str(pull.number))),
    ("System.PullRequest.SourceBranch", "the branch that it comes from; in full in Azure Repos, else short",
     _pull(lambda pull, run: started_by.branch(pull.source, run))),
    ("System.PullRequest.SourceCommitId", "that branch's commit", _pull(lambda pull, _: pull.head_sha)),
    ("System.PullRequest.SourceRepositoryUri", "the address of the repository that it comes from",
     _pull(lambda pull, run: pull.source_url or run.source.uri)),
    ("System.PullRequest.TargetBranch", "the branch that it is to be merged into; in full in Azure Repos, else short",
     _pull(lambda pull, run: started_by.branch(pull.target, run))),
    ("System.PullRequest.TargetBranchName", "that branch, short",
     _pull(lambda pull, _: pull.target.removeprefix("refs/heads/"))),
    ("System.ServerType", "always Hosted", lambda _: "Hosted"),
    ("System.StageAttempt", "how often the stage was attempted, from 1",
     lambda p: str(p.stage_attempt) if p.stage else None),
    ("System.StageDisplayName", "the stage's title", _stage(lambda stage: stage.display_name or stage.name)),
    ("System.StageId", "made from run and stage", lambda p: guid(p.run.id, p.stage.name) if p.stage else None),
    ("System.StageName", "the stage's name", _stage(lambda stage: stage.name)),
    ("System.TeamFoundationCollectionUri", "the server's address", _collection),
    ("System.TeamFoundationServerUri", "the server's address", _collection),
    ("System.TeamProject", "the project's name", _project),
    ("System.TeamProjectId", "made from the project's name", lambda p: guid("project", _project(p))),
    ("System.TimelineId", "made from the run's id", lambda p: guid("timeline", p.run.id)),
    ("System.TotalJobsInPhase", "how many legs the job has", _job(lambda j, _: str(len(j.legs)))),
)  # fmt: skip

PREDEFINED: tuple[Predefined, ...] = tuple(Predefined(*row) for row in _ROWS)
"""In the order of their names."""

ACCESS_TOKEN = "System.AccessToken"  # noqa: S105 - a name, not a token
"""A token of the job's own, for this server; a secret, so it is never among the above."""


def predefined(place: Place) -> dict[str, str]:
    """All that exist at a place."""
    values = ((row.name, row.value(place)) for row in PREDEFINED)
    return {name: value for name, value in values if value is not None}
