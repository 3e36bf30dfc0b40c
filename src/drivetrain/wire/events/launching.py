"""The Launch port: from any event to its run, or why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.source.events import (
    PipelineCompleted,
    PullRequestChanged,
    Released,
    RepositoryMoved,
    ScheduleDue,
    WebhookPosted,
)
from drivetrain.source.model import LaunchOutcome
from drivetrain.wire.events.pull_request import launch_pull_request
from drivetrain.wire.events.push import launch_push
from drivetrain.wire.events.resource import launch_completion, launch_moved
from drivetrain.wire.events.schedule import launch_schedule
from drivetrain.wire.events.webhook import launch_webhook

if TYPE_CHECKING:
    from drivetrain.source.model import Project, SourceEvent
    from drivetrain.wire.events.ground import Ground


def launch_event(ground: Ground, event: SourceEvent, project: Project) -> LaunchOutcome:
    """Read the file, ask its trigger, make the run. At most one run is ever made for an event; a file with errors is a
    failed run. Raises UserError when no run can be made, UnavailableError when it should be tried again later.
    """
    match event.cause:
        case None:
            return launch_push(ground, event, project)
        case PullRequestChanged():
            return launch_pull_request(ground, event, project, event.cause)
        case ScheduleDue():
            return launch_schedule(ground, event, project, event.cause)
        case PipelineCompleted():
            return launch_completion(ground, event, project, event.cause)
        case RepositoryMoved():
            return launch_moved(ground, event, project, event.cause)
        case WebhookPosted():
            return launch_webhook(ground, event, project, event.cause)
        case Released():
            return LaunchOutcome(None, f"release {event.cause.tag} was published; its tag has an event of its own")
