"""A push becomes a run when the file's trigger wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.source.changes import read_push
from drivetrain.source.matching import decide
from drivetrain.source.model import LaunchOutcome, Reason
from drivetrain.wire.events.ground import ask, new_run, source_of

if TYPE_CHECKING:
    from drivetrain.source.model import Project, SourceEvent
    from drivetrain.wire.events.ground import Ground


def launch_push(ground: Ground, event: SourceEvent, project: Project) -> LaunchOutcome:
    """Ask the trigger of the file at the pushed commit. With `batch` a push waits while a run of its branch is not
    completed. Raises UserError when there is no such file, UnavailableError when the repository cannot be read now.

    https://learn.microsoft.com/azure/devops/pipelines/repos/azure-repos-git#batching-ci-runs
    """
    update = event.update
    repo = ground.git.repository(project.url, update.new_sha)
    new = new_run(event, project, source_of(ground, project, repo, update.ref, update.new_sha))
    asked = ask(ground.maker, repo, new)
    if not isinstance(asked, LaunchOutcome) and asked.definition.pipeline.trigger.batch:
        asked = ask(ground.maker, repo, replace(new, reason=Reason.BATCHED_CI))
    if isinstance(asked, LaunchOutcome):
        return asked
    trigger = asked.definition.pipeline.trigger
    decision = decide(trigger, read_push(repo, update, project.branch))
    why = asked.said(decision)
    if not decision.run:
        return LaunchOutcome(None, why)
    before = _run_before(ground, event) if trigger.batch else None
    if before is not None:
        return LaunchOutcome(None, f"trigger.batch: it waits for run {before}", waits=True)
    return ground.maker.once(asked.new, asked.definition, asked.repositories, why)


def _run_before(ground: Ground, event: SourceEvent) -> int | None:
    """A run of the event's branch that is not completed; None also when the event has its run already."""
    if ground.maker.runs.of_event(event.id) is not None:
        return None
    return next(iter(ground.ref_runs.unfinished(event.update.project_id, event.update.ref)), None)
