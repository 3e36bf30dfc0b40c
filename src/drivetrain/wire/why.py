"""Why there is a run: its event in words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivetrain.source.events import (
    PipelineCompleted,
    PullRequestChanged,
    Released,
    RepositoryMoved,
    ScheduleDue,
    WebhookPosted,
)
from drivetrain.source.git import is_zero
from drivetrain.source.webhooks.model import MODELS
from drivetrain.view.whys import Found, Why

if TYPE_CHECKING:
    from drivetrain.run.model import Run
    from drivetrain.source.events import PullRequest
    from drivetrain.source.model import RefUpdate, SourceEvent
    from drivetrain.source.webhooks.ports import Deliveries
    from drivetrain.wire.storage import Storage

WORD = re.compile(r"hook-0*(\d{1,12})-")
"""How the word of a push is called that a delivery of a webhook has left."""
RECENT = 500
SHORT = 8


def why(storage: Storage, run: Run, event: SourceEvent | None) -> Why:
    """Why there is this run."""
    if event is not None:
        rule = event.outcome or "it was made a moment ago"
        return Why(run.id, what_of(event), rule, brought_by(event, storage.deliveries), event.id, event.received_at)
    who = run.requested_for or "somebody"
    if run.rerun_of is not None:
        return Why(run.id, f"{who} wanted run {run.rerun_of} again", at=run.created_at)
    if isinstance(run.cause, PullRequestChanged):
        return Why(run.id, f"{who} asked for {_pull(run.cause.pull_request)} by hand", at=run.created_at)
    place = "a working tree" if run.project_id is None else run.source.ref.removeprefix("refs/heads/")
    return Why(run.id, f"{who} started it by hand, of {place}", at=run.created_at)


def found_of(event: SourceEvent, deliveries: Deliveries, waits_for: str = "") -> Found:
    """An event and what came of it."""
    rule = event.outcome if event.state == "done" else f"it waits: {waits_for or 'nobody has looked at it yet'}"
    brought = brought_by(event, deliveries)
    return Found(event.id, what_of(event), brought, event.received_at, event.state, rule, event.run_id)


def what_of(event: SourceEvent) -> str:
    """What has happened, in words. Everything in it may come from a stranger."""
    update, cause = event.update, event.cause
    short = update.ref.removeprefix("refs/heads/")
    match cause:
        case None:
            return _push(update)
        case PullRequestChanged():
            return _changed(cause)
        case ScheduleDue():
            name = f" ({cause.display_name})" if cause.display_name else ""
            return f"the schedule '{cause.cron}'{name} of {short} was due at {cause.due_at}"
        case PipelineCompleted():
            return f"run {cause.run_id} ({cause.number}) of {cause.pipeline}, the pipeline resource {cause.alias}"
        case RepositoryMoved():
            ref = cause.ref.removeprefix("refs/heads/")
            return f"a push to {ref} of {cause.name}, the repository resource {cause.alias}, at {cause.new_sha[:SHORT]}"
        case WebhookPosted():
            about = f": {cause.about}" if cause.about else ""
            return f"a post to the webhook {cause.webhook}, the webhook resource {cause.alias}{about}"
        case Released():
            return f"release {cause.tag}"


def _push(update: RefUpdate) -> str:
    short = update.ref.removeprefix("refs/heads/")
    if is_zero(update.new_sha):
        return f"{update.ref} was deleted"
    if is_zero(update.old_sha):
        return f"a push of {short}, which is new, at {update.new_sha[:SHORT]}"
    return f"a push to {short}: {update.old_sha[:SHORT]} to {update.new_sha[:SHORT]}"


def _changed(cause: PullRequestChanged) -> str:
    pull, at = _pull(cause.pull_request), cause.pull_request.head_sha[:SHORT]
    if cause.asked_by:
        return f"{cause.asked_by} asked for {pull}, at {at}"
    return f"{pull} {'is ready' if cause.action == 'ready' else f'was {cause.action}'}, at {at}"


def _pull(pull: PullRequest) -> str:
    fork = ", from a fork," if pull.fork else ""
    return f"pull request {pull.number}{fork} into {pull.target.removeprefix('refs/heads/')}"


def brought_by(event: SourceEvent, deliveries: Deliveries) -> str:
    """How word of an event came, as far as that is known."""
    match event.cause:
        case ScheduleDue():
            return "the clock"
        case PipelineCompleted():
            return "the run itself"
        case RepositoryMoved():
            return "a look at that repository"
        case WebhookPosted():
            return "the registry of models" if event.cause.webhook.lower() == MODELS else f"post {event.cause.post}"
        case None:
            word = WORD.match(event.once)
            if word:
                return f"delivery {word[1]} of a webhook"
            return "a git hook, or a look at the repository" if not event.once else "a git hook"
        case _:
            return _delivery_of(event, deliveries)


def _delivery_of(event: SourceEvent, deliveries: Deliveries) -> str:
    """The delivery whose outcome names the event."""
    named = re.compile(rf"\bevent {event.id}\b")
    recent = deliveries.recent(event.update.project_id, RECENT)
    found = next((each for each in recent if named.search(each.outcome)), None)
    return f"delivery {found.id} of a webhook" if found else "its host"
