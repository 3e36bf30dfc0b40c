"""What Gitea and Forgejo deliver: GitHub's payloads, with differences. Pure.

https://docs.gitea.com/usage/webhooks, https://forgejo.org/docs/latest/user/webhooks
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.source.webhooks.github import pull_request
from drivetrain.source.webhooks.model import Commented, Heard, Ignored, PullRequestSaid, Pushed, ReleasePublished
from drivetrain.source.webhooks.payload import branch, tag

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivetrain.source.webhooks.model import Said
    from drivetrain.source.webhooks.payload import Payload

COMMENTS = frozenset({"issue_comment", "pull_request_comment"})
ACTIONS = frozenset({"opened", "synchronized", "reopened", "closed", "edited"})
_DRAFT = re.compile(r"\s*(?:WIP:|\[WIP\])", re.IGNORECASE)
"""https://docs.gitea.com/usage/pull-request#work-in-progress-pull-requests"""


def hear(event: str, payload: Payload) -> Heard:
    """What a delivery says; `event` is its X-Gitea-Event."""
    found = _EVENTS.get(event)
    said = found(payload) if found else Ignored(f"{event!r} starts nothing")
    return Heard(said, payload["repository"]["full_name"].text)


def _push(payload: Payload) -> Said:
    move = (payload["ref"].whole, payload["before"].sha, payload["after"].sha)
    return Pushed((move,), payload["pusher"]["login"].text or payload["sender"]["login"].text)


def _create(payload: Payload) -> Said:
    return Ignored(f"the push says so, too: {payload['ref_type'].text} {payload['ref'].text}")


def _delete(payload: Payload) -> Said:
    """Nobody says where the ref was: the repository is looked at."""
    full = tag if payload["ref_type"].text == "tag" else branch
    return Pushed(((full(payload["ref"].whole), "", ""),), payload["sender"]["login"].text)


def _pull_request(payload: Payload) -> Said:
    action = payload["action"].text
    if action not in ACTIONS:
        return Ignored(f"a pull request was {action}: nothing to run")
    found = payload["pull_request"]
    told = pull_request(found)
    told = replace(told, draft=told.draft or _DRAFT.match(told.title) is not None)
    return PullRequestSaid(told, action, found["updated_at"].moment)


def _comment(payload: Payload) -> Said:
    issue, comment = payload["issue"], payload["comment"]
    if not (payload["is_pull"].flag or issue["pull_request"]):
        return Ignored("a comment on an issue, not on a pull request")
    if payload["action"].text != "created":
        return Ignored(f"a comment was {payload['action'].text}: only a new one counts")
    author = comment["user"]["login"].text
    return Commented(issue["number"].number, comment["body"].whole, author, id=str(comment["id"].number))


def _release(payload: Payload) -> Said:
    if payload["action"].text != "published":
        return Ignored(f"a release was {payload['action'].text}: only a published one counts")
    return ReleasePublished(payload["release"]["tag_name"].text, payload["release"]["name"].text)


_EVENTS: Mapping[str, Callable[[Payload], Said]] = {
    "push": _push,
    "create": _create,
    "delete": _delete,
    "pull_request": _pull_request,
    "pull_request_sync": _pull_request,
    "issue_comment": _comment,
    "pull_request_comment": _comment,
    "release": _release,
}
