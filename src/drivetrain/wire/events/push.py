"""A push becomes a run when the file's trigger wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.source.changes import read_push
from drivetrain.source.matching import decide
from drivetrain.source.model import LaunchOutcome, Reason
from drivetrain.wire.events.ground import ask, new_run, source_of

if TYPE_CHECKING:
    from drivetrain.definition.model import Pipeline
    from drivetrain.source.model import CiTrigger, Project, SourceEvent
    from drivetrain.wire.events.ground import Ground

SELF = "self"


def launch_push(ground: Ground, event: SourceEvent, project: Project) -> LaunchOutcome:
    """Ask the trigger of the file at the pushed commit. With `batch` a push waits while a run of its branch is not
    completed. Raises UserError when there is no such file, UnavailableError when the repository cannot be read now.

    https://learn.microsoft.com/azure/devops/pipelines/repos/azure-repos-git#batching-ci-runs
    """
    update = event.update
    repo = ground.git.repository(project.url, update.new_sha)
    new = new_run(event, project, source_of(ground, project, repo, update.ref, update.new_sha))
    asked = ask(ground.maker, repo, new)
    if not isinstance(asked, LaunchOutcome) and trigger_of(asked.definition.pipeline)[0].batch:
        asked = ask(ground.maker, repo, replace(new, reason=Reason.BATCHED_CI))
    if isinstance(asked, LaunchOutcome):
        return asked
    trigger, where = trigger_of(asked.definition.pipeline)
    decision = decide(trigger, read_push(repo, update, project.branch), where)
    why = asked.said(decision)
    if not decision.run:
        return LaunchOutcome(None, why)
    before = _run_before(ground, event) if trigger.batch else None
    if before is not None:
        return LaunchOutcome(None, f"trigger.batch: it waits for run {before}", waits=True)
    return ground.maker.once(asked.new, asked.definition, asked.repositories, why)


def trigger_of(pipeline: Pipeline) -> tuple[CiTrigger, str]:
    """The trigger of the pipeline's own repository, and what the file calls it: it may stand with the resource `self`.

    https://learn.microsoft.com/azure/devops/pipelines/repos/multi-repo-checkout#triggers
    """
    for resource in pipeline.resources.repositories:
        if resource.alias.lower() == SELF and resource.trigger is not None:
            return resource.trigger, f"resources.repositories.{resource.alias}.trigger"
    return pipeline.trigger, "trigger"


def _run_before(ground: Ground, event: SourceEvent) -> int | None:
    """A run of the event's branch that is not completed; None also when the event has its run already."""
    if ground.maker.runs.of_event(event.id) is not None:
        return None
    return next(iter(ground.ref_runs.unfinished(event.update.project_id, event.update.ref)), None)
