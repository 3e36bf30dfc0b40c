"""GitHub: https://docs.github.com/webhooks/webhook-events-and-payloads"""

from __future__ import annotations

from typing import Any

from drivetrain.source.events import PullRequest
from drivetrain.source.hosts.model import HostKind
from drivetrain.source.webhooks.model import Commented, Ignored, PullRequestSaid, Pushed, ReleasePublished, Said
from tests.unit.source.webhooks.payload_cases.case import (
    AT,
    HEAD,
    MERGE,
    NEW,
    OLD,
    ZERO,
    Case,
    github_pull_request,
    pull_request,
)


def _github(event: str, body: dict[str, Any], said: Said, what: str) -> Case:
    body = {"repository": {"full_name": "lab/churn"}, "sender": {"login": "mona"}, **body}
    return Case(HostKind.GITHUB, event, body, said, "lab/churn", what, {"X-GitHub-Event": event})


_AT_GITHUB = pull_request(base_sha=OLD, merge_sha=MERGE, url="https://github.com/lab/churn/pull/7")
_FORK = {
    "ref": "deeper",
    "sha": HEAD,
    "repo": {"full_name": "mona/churn", "clone_url": "https://github.com/mona/churn.git"},
}
_DELETED_FORK = {"ref": "deeper", "sha": HEAD, "repo": None}


def _fork(url: str) -> PullRequest:
    told = _AT_GITHUB
    values = {name: getattr(told, name) for name in told.__struct_fields__}
    return PullRequest(**{**values, "fork": True, "source_url": url})


def _at_github(**more: Any) -> PullRequest:
    values = {name: getattr(_AT_GITHUB, name) for name in _AT_GITHUB.__struct_fields__}
    return PullRequest(**{**values, **more})


GITHUB = [
    _github("ping", {"zen": "Keep it logically awesome.", "hook_id": 1}, Ignored("a ping: the webhook works"), "ping"),
    _github(
        "push",
        {"ref": "refs/heads/main", "before": OLD, "after": NEW, "deleted": False},
        Pushed((("refs/heads/main", OLD, NEW),), "mona"),
        "push",
    ),
    _github(
        "push",
        {"ref": "refs/heads/gone", "before": OLD, "after": ZERO, "deleted": True},
        Pushed((("refs/heads/gone", OLD, ZERO),), "mona"),
        "branch deleted",
    ),
    _github(
        "push",
        {"ref": "refs/tags/v1", "before": ZERO, "after": NEW, "created": True},
        Pushed((("refs/tags/v1", ZERO, NEW),), "mona"),
        "tag",
    ),
    _github(
        "pull_request",
        {"action": "opened", "number": 7, "pull_request": github_pull_request()},
        PullRequestSaid(_AT_GITHUB, "opened", AT),
        "pull request",
    ),
    _github(
        "pull_request",
        {"action": "opened", "pull_request": github_pull_request(head=_FORK)},
        PullRequestSaid(_fork("https://github.com/mona/churn.git"), "opened", AT),
        "pull request from a fork",
    ),
    _github(
        "pull_request",
        {"action": "synchronize", "pull_request": github_pull_request(head=_DELETED_FORK)},
        PullRequestSaid(_fork(""), "synchronize", AT),
        "pull request from a fork that is gone",
    ),
    _github(
        "pull_request",
        {"action": "converted_to_draft", "pull_request": github_pull_request(draft=True)},
        PullRequestSaid(_at_github(draft=True), "converted_to_draft", AT),
        "pull request drafted",
    ),
    _github(
        "pull_request",
        {"action": "closed", "pull_request": github_pull_request(state="closed", merged=True)},
        PullRequestSaid(_at_github(state="merged"), "closed", AT),
        "pull request merged",
    ),
    _github(
        "pull_request",
        {"action": "closed", "pull_request": github_pull_request(state="closed")},
        PullRequestSaid(_at_github(state="closed"), "closed", AT),
        "pull request closed",
    ),
    _github(
        "issue_comment",
        {
            "action": "created",
            "issue": {"number": 7, "pull_request": {"url": "https://api.github.com/repos/lab/churn/pulls/7"}},
            "comment": {"id": 99, "body": "/azp run", "user": {"login": "ada"}, "author_association": "MEMBER"},
        },
        Commented(7, "/azp run", "ada", id="issue 99"),
        "comment",
    ),
    _github(
        "issue_comment",
        {"action": "created", "issue": {"number": 8}, "comment": {"id": 1, "body": "/azp run"}},
        Ignored("a comment on an issue, not on a pull request"),
        "comment on an issue",
    ),
    _github(
        "release",
        {"action": "published", "release": {"tag_name": "v1", "name": "One"}},
        ReleasePublished("v1", "One"),
        "release",
    ),
    _github("star", {"action": "created"}, Ignored("'star' starts nothing"), "something else"),
]
