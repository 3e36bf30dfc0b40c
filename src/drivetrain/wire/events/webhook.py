"""What is posted to a webhook becomes a run of the pipelines that name it.

https://learn.microsoft.com/azure/devops/pipelines/process/resources#resources-webhooks
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.source.model import LaunchOutcome
from drivetrain.source.triggers.payloads import as_parameter, decide_webhook
from drivetrain.wire.events.ground import ask, new_run, source_of

if TYPE_CHECKING:
    from drivetrain.source.events import WebhookPosted
    from drivetrain.source.model import Project, SourceEvent
    from drivetrain.wire.events.ground import Ground

NOBODY = "webhook"
"""For whom such a run is."""


def launch_webhook(ground: Ground, event: SourceEvent, project: Project, cause: WebhookPosted) -> LaunchOutcome:
    """The file of the default branch decides, and is run; what was posted is its parameter of the resource's name.
    Raises UserError when there is no such file, or the payload is kept no more; UnavailableError.
    """
    payload = ground.posts.get(cause.post).payload
    repo = ground.git.repository(project.url, event.update.new_sha)
    source = source_of(ground, project, repo, event.update.ref, event.update.new_sha)
    new = replace(new_run(event, project, source), requested_for=NOBODY, requested_for_email="")
    asked = ask(ground.maker, repo, new, parameters={cause.alias: as_parameter(payload)})
    if isinstance(asked, LaunchOutcome):
        return asked
    named = asked.definition.pipeline.resources.webhooks
    resource = next((each for each in named if each.alias.lower() == cause.alias.lower()), None)
    if resource is None:
        return LaunchOutcome(None, f"the file has no webhook resource {cause.alias} any more")
    decision = decide_webhook(resource.alias, resource.filters, json.loads(payload))
    why = asked.said(decision)
    if not decision.run:
        return LaunchOutcome(None, why)
    return ground.maker.once(asked.new, asked.definition, asked.repositories, why)
