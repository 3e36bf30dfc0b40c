"""Another pipeline's run, or a push to another repository, becomes a run where `resources` has a trigger for it.

https://learn.microsoft.com/azure/devops/pipelines/process/resources
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.source.changes import read_push
from drivetrain.source.git import has_commit
from drivetrain.source.matching import decide
from drivetrain.source.model import LaunchOutcome, RefUpdate
from drivetrain.wire.events.ground import ask, new_run, source_of

if TYPE_CHECKING:
    from drivetrain.run.model import Run
    from drivetrain.source.events import PipelineCompleted, RepositoryMoved
    from drivetrain.source.model import Project, SourceEvent
    from drivetrain.wire.events.ground import Ground


def launch_completion(ground: Ground, event: SourceEvent, project: Project, cause: PipelineCompleted) -> LaunchOutcome:
    """The filters of the default branch's file have let the event in; the file of the event's own branch is run, which
    may have others. Raises UserError when there is no such file or run any more, UnavailableError.

    https://learn.microsoft.com/azure/devops/pipelines/process/pipeline-triggers#branch-considerations-for-pipeline-completion-triggers
    """
    update = event.update
    run = ground.other_runs.get(cause.run_id)
    repo = _repository(ground, project, update.new_sha, run)
    source = source_of(ground, project, repo, update.ref, update.new_sha)
    new = replace(
        new_run(event, project, source),
        requested_for=run.requested_for,
        requested_for_email=run.requested_for_email,
        restricted=run.restricted,
    )
    asked = ask(ground.maker, repo, new)
    if isinstance(asked, LaunchOutcome):
        return asked
    why = (
        f"resources.pipelines: {cause.alias} wants run {run.id} ({run.number}) of {run.pipeline} as far as it has come"
    )
    return ground.maker.once(asked.new, asked.definition, asked.repositories, why)


def _repository(ground: Ground, project: Project, sha: str, run: Run) -> Path:
    """A local repository with the commit. That of the run has it, if it is the run's own: merges of pull requests are
    nowhere else.
    """
    own = Path(run.source.fetch_from)
    if sha == run.source.commit.sha and own.is_dir() and has_commit(own, sha):
        return own
    return ground.git.repository(project.url, sha)


def launch_moved(ground: Ground, event: SourceEvent, project: Project, cause: RepositoryMoved) -> LaunchOutcome:
    """The file of the default branch decides, and is run, with the other repository at the commit that was pushed.
    Raises UserError, UnavailableError.

    https://learn.microsoft.com/azure/devops/pipelines/repos/multi-repo-checkout#triggers
    """
    repo = ground.git.repository(project.url, event.update.new_sha)
    source = source_of(ground, project, repo, event.update.ref, event.update.new_sha)
    asked = ask(ground.maker, repo, new_run(event, project, source), (cause.alias, cause.ref, cause.new_sha))
    if isinstance(asked, LaunchOutcome):
        return asked
    named = asked.definition.pipeline.resources.repositories
    resource = next((each for each in named if each.alias.lower() == cause.alias.lower()), None)
    if resource is None or resource.trigger is None:
        return LaunchOutcome(None, f"the repository resource {cause.alias} has no trigger any more")
    found = asked.repositories.find(resource).plan
    update = RefUpdate(0, cause.ref, cause.old_sha, cause.new_sha)
    push = read_push(Path(found.fetch_from), update, "main")
    decision = decide(resource.trigger, push, f"resources.repositories.{resource.alias}.trigger")
    why = asked.said(decision)
    if not decision.run:
        return LaunchOutcome(None, why)
    return ground.maker.once(asked.new, asked.definition, asked.repositories, why)
