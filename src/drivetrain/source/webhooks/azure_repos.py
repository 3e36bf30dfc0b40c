"""What service hooks of Azure Repos deliver. Pure.

https://learn.microsoft.com/azure/devops/service-hooks/events
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from drivetrain.source.events import PullRequest
from drivetrain.source.webhooks.model import Commented, Heard, Ignored, PullRequestSaid, Pushed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.source.webhooks.model import Said
    from drivetrain.source.webhooks.payload import Payload

COMMENT = "ms.vss-code.git-pullrequest-comment-event"
COMMENTS = frozenset({COMMENT})
PULL_REQUESTS = frozenset({"git.pullrequest.created", "git.pullrequest.updated", "git.pullrequest.merged"})
"""`merged` says that a merge commit was made to try it, not that the pull request is completed."""
_STATES: Mapping[str, str] = {"active": "open", "completed": "merged"}


def hear(event: str, payload: Payload) -> Heard:
    """What a delivery says; `event` is its `eventType`. With `Resource details to send: Minimal` it names no
    repository.
    """
    resource = payload["resource"]
    found = resource["pullRequest"] if event == COMMENT else resource
    return Heard(_said(event, payload), _repository(found["repository"]))


def _said(event: str, payload: Payload) -> Said:
    resource = payload["resource"]
    if event == "git.push":
        moves = tuple(
            (move["name"].whole, move["oldObjectId"].sha, move["newObjectId"].sha) for move in resource["refUpdates"]
        )
        return Pushed(moves, resource["pushedBy"]["uniqueName"].text)
    if event in PULL_REQUESTS:
        return PullRequestSaid(_pull_request(resource), event.rpartition(".")[2], payload["createdDate"].moment)
    if event == COMMENT:
        return _comment(payload)
    return Ignored(f"{event!r} starts nothing")


def _repository(found: Payload) -> str:
    """`organization/project/repository`; of a server of one's own, the collection is the organization."""
    name, project = found["name"].text, found["project"]["name"].text
    try:
        url = urlsplit(found["remoteUrl"].text)
        host = url.hostname or ""
    except ValueError:
        return ""
    before = [unquote(part) for part in url.path.partition("/_git/")[0].split("/") if part]
    if host.endswith(".visualstudio.com"):
        organization = host.partition(".")[0]
    elif host == "dev.azure.com":
        organization = before[0] if before else ""
    else:
        named = before[:-1] if before[-1:] == [project] else before
        organization = named[-1] if named else ""
    return f"{organization}/{project}/{name}" if organization and project and name else ""


def _pull_request(found: Payload) -> PullRequest:
    fork = found["forkSource"]["repository"]
    number, page = found["pullRequestId"].number, found["repository"]["remoteUrl"].text
    return PullRequest(
        number=number,
        title=found["title"].text,
        author=found["createdBy"]["uniqueName"].text,
        source=found["sourceRefName"].whole,
        head_sha=found["lastMergeSourceCommit"]["commitId"].sha,
        target=found["targetRefName"].whole,
        base_sha=found["lastMergeTargetCommit"]["commitId"].sha,
        merge_sha=found["lastMergeCommit"]["commitId"].sha,
        draft=found["isDraft"].flag,
        fork=bool(fork),
        state=_STATES.get(found["status"].text, "closed"),
        url=f"{page}/pullrequest/{number}" if page else "",
        source_url=fork["remoteUrl"].text,
    )


def _comment(payload: Payload) -> Said:
    comment, found = payload["resource"]["comment"], payload["resource"]["pullRequest"]
    if comment["isDeleted"].flag or comment["commentType"].text == "system":
        return Ignored("no new comment of a person")
    return Commented(
        number=found["pullRequestId"].number,
        text=comment["content"].whole,
        author=comment["author"]["uniqueName"].text,
        pull_request=_pull_request(found),
        # Comments are counted within their thread, which only the address of the comment names.
        id=comment["_links"]["self"]["href"].text or payload["id"].text,
    )
