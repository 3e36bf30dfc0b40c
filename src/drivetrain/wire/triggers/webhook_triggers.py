"""What was posted to webhooks starts the pipelines that name them among their resources.

https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/resources-webhooks-webhook
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from drivetrain.errors import DrivetrainError, NotFoundError
from drivetrain.source.events import WebhookPosted
from drivetrain.source.model import Reason, RefUpdate
from drivetrain.source.triggers.payloads import decide_webhook
from drivetrain.source.webhooks.model import MODELS
from drivetrain.wire.chains import chain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivetrain.definition.resources.model import WebhookResource
    from drivetrain.run.library.ports import Library
    from drivetrain.run.ports import RunStore
    from drivetrain.source.model import Project
    from drivetrain.source.ports import Projects, SourceEvents
    from drivetrain.source.webhooks.model import Post
    from drivetrain.source.webhooks.ports import WebhookPosts
    from drivetrain.wire.triggers.standing import Standing

ABOUT = 200


class WebhookTriggers:
    """Belongs to one thread."""

    def __init__(
        self,
        posts: WebhookPosts,
        *,
        projects: Projects,
        events: SourceEvents,
        runs: RunStore,
        library: Library,
        standing: Standing,
        report: Callable[[str], None],
    ) -> None:
        self._posts = posts
        self._projects = projects
        self._events = events
        self._runs = runs
        self._library = library
        self._standing = standing
        self._report = report

    def look(self) -> int:
        """Make events of what was posted; the number of new ones."""
        taken = 0
        for post in self._posts.pending():
            try:
                taken += self._follow(post)
            except DrivetrainError as error:
                self._report(f"what post {post.id} to the webhook {post.webhook} starts: {error.message}")
                continue  # it is looked at again
            self._posts.done(post.id)
        return taken

    def _follow(self, post: Post) -> int:
        taken = 0
        for project in self._projects.all():
            for resource in self._standing.resources(project).webhooks:
                if self._names(project, resource, post):
                    taken += self._offer(project, resource, post)
        return taken

    def _names(self, project: Project, resource: WebhookResource, post: Post) -> bool:
        """Whether `connection` is the one that it came by."""
        if not post.connection:
            return resource.connection.lower() == post.webhook.lower()
        if resource.connection.lower() == MODELS:
            return False
        try:
            return self._library.connection(project.name, resource.connection).id == post.connection
        except NotFoundError:
            return False

    def _offer(self, project: Project, resource: WebhookResource, post: Post) -> bool:
        payload = json.loads(post.payload)
        if not decide_webhook(resource.alias, resource.filters, payload).run:
            return False
        run_id = payload.get("run") if post.webhook.lower() == MODELS else None
        if run_id is not None and project.id in chain(self._runs, run_id):
            self._report(f"post {post.id} to {post.webhook} starts no run of {project.name}: a run of it has led to it")
            return False
        ref = f"refs/heads/{project.branch}"
        update = RefUpdate(project.id, ref, "", self._events.position(project.id, ref))
        cause = WebhookPosted(resource.alias, post.webhook, post.id, about(payload), run_id)
        once = f"webhook {project.id} {resource.alias.lower()} {post.id}"
        return self._events.add(update, Reason.RESOURCE_TRIGGER, cause, once) is not None


def about(payload: Mapping[str, object]) -> str:
    """What a payload says of itself, in a line: of a promotion which model; of others the name of the event."""
    event, model = payload.get("event"), payload.get("model")
    if model:
        return f"{event} {model}:{payload.get('version')} as {payload.get('alias')}"[:ABOUT]
    named = next((payload[key] for key in ("event", "eventType", "action") if isinstance(payload.get(key), str)), "")
    return str(named)[:ABOUT]
