"""What GitHub and GitHub Enterprise Server deliver. Pure.

https://docs.github.com/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.source.events import PullRequest
from drivetrain.source.webhooks.model import Commented, Heard, Ignored, PullRequestSaid, Pushed, ReleasePublished
from drivetrain.source.webhooks.payload import branch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivetrain.source.webhooks.model import Said
    from drivetrain.source.webhooks.payload import Payload

COMMENTS = frozenset({"issue_comment", "pull_request_review_comment"})
ACTIONS = frozenset({"opened", "synchronize", "reopened", "ready_for_review", "converted_to_draft", "closed", "edited"})
"""Of a pull request, those that say something of its commit, its target or its state."""


def hear(event: str, payload: Payload) -> Heard:
    """What a delivery says; `event` is its X-GitHub-Event."""
    found = _EVENTS.get(event)
    said = found(payload) if found else Ignored(f"{event!r} starts nothing")
    return Heard(said, payload["repository"]["full_name"].text)


def _ping(payload: Payload) -> Said:
    del payload
    return Ignored("a ping: the webhook works")


def _push(payload: Payload) -> Said:
    """Also of a tag; a branch that was deleted has moved to zero."""
    move = (payload["ref"].whole, payload["before"].sha, payload["after"].sha)
    return Pushed((move,), payload["sender"]["login"].text or payload["pusher"]["name"].text)


def _told_by_push(payload: Payload) -> Said:
    return Ignored(f"the push says so, too: {payload['ref_type'].text} {payload['ref'].text}")


def _pull_request(payload: Payload) -> Said:
    action = payload["action"].text
    if action not in ACTIONS:
        return Ignored(f"a pull request was {action}: nothing to run")
    found = payload["pull_request"]
    return PullRequestSaid(pull_request(found), action, found["updated_at"].moment)


def pull_request(found: Payload) -> PullRequest:
    """A pull request as payloads and the API have it. One whose fork is gone comes from a fork."""
    head, base = found["head"], found["base"]
    fork = head["repo"]["full_name"].text.lower() != base["repo"]["full_name"].text.lower()
    state = "merged" if found["merged"].flag or found["merged_at"] else "closed"
    return PullRequest(
        number=found["number"].number,
        title=found["title"].text,
        author=found["user"]["login"].text,
        source=branch(head["ref"].whole),
        head_sha=head["sha"].sha,
        target=branch(base["ref"].whole),
        base_sha=base["sha"].sha,
        merge_sha=found["merge_commit_sha"].sha,
        draft=found["draft"].flag,
        fork=fork,
        state="open" if found["state"].text == "open" else state,
        url=found["html_url"].text,
        source_url=head["repo"]["clone_url"].text if fork else "",
    )


def _issue_comment(payload: Payload) -> Said:
    """A comment on a pull request comes as one on its issue, which names the pull request."""
    if not payload["issue"]["pull_request"]:
        return Ignored("a comment on an issue, not on a pull request")
    return _comment(payload, payload["issue"]["number"].number, "issue")


def _review_comment(payload: Payload) -> Said:
    return _comment(payload, payload["pull_request"]["number"].number, "review")


def _comment(payload: Payload, number: int, kind: str) -> Said:
    if payload["action"].text != "created":
        return Ignored(f"a comment was {payload['action'].text}: only a new one counts")
    comment = payload["comment"]
    # A hint is sure in one case only: who may write is not told of members and collaborators.
    owner = comment["author_association"].text == "OWNER"
    return Commented(
        number=number,
        text=comment["body"].whole,
        author=comment["user"]["login"].text,
        trusted=True if owner else None,
        id=f"{kind} {comment['id'].number}",
    )


def _release(payload: Payload) -> Said:
    if payload["action"].text != "published":
        return Ignored(f"a release was {payload['action'].text}: only a published one counts")
    return ReleasePublished(payload["release"]["tag_name"].text, payload["release"]["name"].text)


_EVENTS: Mapping[str, Callable[[Payload], Said]] = {
    "ping": _ping,
    "push": _push,
    "create": _told_by_push,
    "delete": _told_by_push,
    "pull_request": _pull_request,
    "issue_comment": _issue_comment,
    "pull_request_review_comment": _review_comment,
    "release": _release,
}
