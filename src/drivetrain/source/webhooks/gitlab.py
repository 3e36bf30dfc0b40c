"""What GitLab delivers. Pure.

https://docs.gitlab.com/user/project/integrations/webhook_events/
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

COMMENTS = frozenset({"Note Hook", "Confidential Note Hook"})
ACTIONS = frozenset({"open", "update", "reopen", "close", "merge"})
_STATES: Mapping[str, str] = {"opened": "open", "locked": "open", "merged": "merged"}


def hear(event: str, payload: Payload) -> Heard:
    """What a delivery says. Its `object_kind` is the same whether a project, a group or the server delivers it, the
    X-Gitlab-Event is not.
    """
    kind = payload["object_kind"].text
    found = _KINDS.get(kind)
    said = found(payload) if found else Ignored(f"{kind or event!r} starts nothing")
    return Heard(said, payload["project"]["path_with_namespace"].text)


def _push(payload: Payload) -> Said:
    """Also of a tag; a branch that was deleted has moved to zero."""
    move = (payload["ref"].whole, payload["before"].sha, payload["after"].sha)
    return Pushed((move,), payload["user_username"].text)


def _merge_request(payload: Payload) -> Said:
    found = payload["object_attributes"]
    action = found["action"].text
    if action not in ACTIONS:
        return Ignored(f"a merge request got {action or 'a change'!r}: nothing to run")
    author = payload["user"]["username"].text if action == "open" else ""  # else whoever has changed it
    return PullRequestSaid(_pull_request(found, author), action, found["updated_at"].moment)


def _pull_request(found: Payload, author: str) -> PullRequest:
    source, target = found["source"], found["target"]
    fork = source["path_with_namespace"].text.lower() != target["path_with_namespace"].text.lower()
    return PullRequest(
        number=found["iid"].number,
        title=found["title"].text,
        author=author,
        source=branch(found["source_branch"].whole),
        head_sha=found["last_commit"]["id"].sha,
        target=branch(found["target_branch"].whole),
        draft=found["draft"].flag or found["work_in_progress"].flag,
        fork=fork,
        state=_STATES.get(found["state"].text, "closed"),
        url=found["url"].text,
        source_url=(source["git_http_url"].text or source["http_url"].text) if fork else "",
    )


def _note(payload: Payload) -> Said:
    note, found = payload["object_attributes"], payload["merge_request"]
    if note["noteable_type"].text != "MergeRequest":
        return Ignored("a comment, but not on a merge request")
    if note["system"].flag or note["action"].text not in {"", "create"}:
        return Ignored("no new comment of a person")
    return Commented(
        number=found["iid"].number,
        text=note["note"].whole,
        author=payload["user"]["username"].text,
        pull_request=_pull_request(found, ""),
        id=str(note["id"].number),
    )


def _release(payload: Payload) -> Said:
    if payload["action"].text != "create":
        return Ignored(f"a release: {payload['action'].text}; only a new one counts")
    return ReleasePublished(payload["tag"].text, payload["name"].text)


_KINDS: Mapping[str, Callable[[Payload], Said]] = {
    "push": _push,
    "tag_push": _push,
    "merge_request": _merge_request,
    "note": _note,
    "release": _release,
}
