"""What Bitbucket Cloud delivers. Pure.

https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.source.events import PullRequest
from drivetrain.source.webhooks.model import Commented, Heard, Ignored, PullRequestSaid, Pushed
from drivetrain.source.webhooks.payload import branch, tag

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.source.webhooks.model import Said
    from drivetrain.source.webhooks.payload import Payload

COMMENTS = frozenset({"pullrequest:comment_created"})
ACTIONS: Mapping[str, str] = {
    "pullrequest:created": "created",
    "pullrequest:updated": "updated",
    "pullrequest:fulfilled": "merged",
    "pullrequest:rejected": "declined",
}
_STATES: Mapping[str, str] = {"OPEN": "open", "MERGED": "merged"}


def hear(event: str, payload: Payload) -> Heard:
    """What a delivery says; `event` is its X-Event-Key."""
    return Heard(_said(event, payload), payload["repository"]["full_name"].text)


def _said(event: str, payload: Payload) -> Said:
    if event == "repo:push":
        moves = tuple(move for change in payload["push"]["changes"] if (move := _move(change)))
        return Pushed(moves, _account(payload["actor"]))
    if event in ACTIONS:
        found = payload["pullrequest"]
        return PullRequestSaid(_pull_request(found), ACTIONS[event], found["updated_on"].moment)
    if event in COMMENTS:
        return _comment(payload)
    return Ignored(f"{event!r} starts nothing")


def _move(change: Payload) -> tuple[str, str, str] | None:
    """A tag is told by its commit, not by its own id where it has one: the repository is looked at."""
    named = change["new"] or change["old"]
    kind, name = named["type"].text, named["name"].whole
    if not name:
        return None
    if kind in {"tag", "annotated_tag"}:
        return (tag(name), "", "")
    return (branch(name), change["old"]["target"]["hash"].sha, change["new"]["target"]["hash"].sha)


def _account(actor: Payload) -> str:
    """Names of accounts can be changed, and chosen to look like another's; their ids cannot."""
    return actor["uuid"].text or actor["account_id"].text


def _pull_request(found: Payload) -> PullRequest:
    """Its commits are told by the beginning of their ids."""
    source, target = found["source"], found["destination"]
    fork = source["repository"]["full_name"].text.lower() != target["repository"]["full_name"].text.lower()
    page = source["repository"]["links"]["html"]["href"].text
    return PullRequest(
        number=found["id"].number,
        title=found["title"].text,
        author=found["author"]["nickname"].text or found["author"]["display_name"].text,
        source=branch(source["branch"]["name"].whole),
        head_sha=source["commit"]["hash"].short_sha,
        target=branch(target["branch"]["name"].whole),
        base_sha=target["commit"]["hash"].sha,
        draft=found["draft"].flag,
        fork=fork,
        state=_STATES.get(found["state"].text, "closed"),
        url=found["links"]["html"]["href"].text,
        source_url=f"{page}.git" if fork and page else "",
    )


def _comment(payload: Payload) -> Said:
    comment = payload["comment"]
    return Commented(
        number=payload["pullrequest"]["id"].number,
        text=comment["content"]["raw"].whole,
        author=_account(payload["actor"]),
        pull_request=_pull_request(payload["pullrequest"]),
        id=str(comment["id"].number),
    )
