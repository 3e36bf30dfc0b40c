"""A schedule that is due becomes a run of its branch, unless nothing has changed.

https://learn.microsoft.com/azure/devops/pipelines/process/scheduled-triggers
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.source.model import LaunchOutcome, Reason
from drivetrain.source.triggers.schedules import of_branch
from drivetrain.wire.events.ground import ask, new_run, source_of

if TYPE_CHECKING:
    from drivetrain.source.events import ScheduleDue
    from drivetrain.source.model import Project, Schedule, SourceEvent
    from drivetrain.wire.events.ground import Ground

NOBODY = "schedule"
"""For whom such a run is: nobody has asked for it."""


def launch_schedule(ground: Ground, event: SourceEvent, project: Project, cause: ScheduleDue) -> LaunchOutcome:
    """Raises UserError when there is no such file any more, UnavailableError when the repository cannot be read."""
    update = event.update
    repo = ground.git.repository(project.url, update.new_sha)
    source = source_of(ground, project, repo, update.ref, update.new_sha)
    new = replace(new_run(event, project, source), requested_for=NOBODY, requested_for_email="")
    asked = ask(ground.maker, repo, new)
    if isinstance(asked, LaunchOutcome):
        return asked
    mine = (cause.cron, cause.display_name)
    schedules = of_branch(asked.definition.pipeline.schedules, update.ref)
    schedule = next((each for each in schedules if (each.cron, each.display_name) == mine), None)
    if schedule is None:
        return LaunchOutcome(None, f"the file of {update.ref} has no schedule '{cause.cron}' any more")
    refusal = _refusal(ground, event, schedule, source.commit.sha)
    if refusal:
        return LaunchOutcome(None, refusal)
    why = f"schedules: '{cause.cron}' was due at {cause.due_at}"
    return ground.maker.once(asked.new, asked.definition, asked.repositories, why)


def _refusal(ground: Ground, event: SourceEvent, schedule: Schedule, sha: str) -> str:
    """Why there is no run now; `always` overrides all of it.

    https://learn.microsoft.com/azure/devops/pipelines/process/scheduled-triggers#batch-considerations-for-scheduled-triggers
    """
    if schedule.always or ground.maker.runs.of_event(event.id) is not None:
        return ""
    place = (event.update.project_id, event.update.ref)
    last = ground.ref_runs.last_scheduled(*place)
    if last is not None and last[1] == sha:
        return f"nothing has changed since run {last[0]}, the last scheduled one that succeeded; `always` is not set"
    under_way = ground.ref_runs.unfinished(*place, Reason.SCHEDULE) if schedule.batch else ()
    return f"`batch` is set, and run {under_way[0]} of a schedule is not completed" if under_way else ""
