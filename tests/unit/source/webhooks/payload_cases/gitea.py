"""Gitea: https://docs.gitea.com/usage/webhooks"""

from __future__ import annotations

from typing import Any

from drivetrain.source.hosts.model import HostKind
from drivetrain.source.webhooks.model import Commented, Ignored, PullRequestSaid, Pushed, ReleasePublished, Said
from tests.unit.source.webhooks.payload_cases.case import (
    AT,
    GITEA_PAGE,
    NEW,
    OLD,
    Case,
    github_pull_request,
    pull_request,
)


def _gitea(event: str, body: dict[str, Any], said: Said, what: str) -> Case:
    body = {"repository": {"full_name": "lab/churn"}, "sender": {"login": "mona"}, **body}
    return Case(HostKind.GITEA, event, body, said, "lab/churn", what, {"X-Gitea-Event": event})


_AT_GITEA = {"base_sha": OLD, "url": f"{GITEA_PAGE}/pulls/7"}
_GITEA_PULL_REQUEST = github_pull_request(html_url=f"{GITEA_PAGE}/pulls/7", merge_commit_sha=None)

GITEA = [
    _gitea(
        "push",
        {"ref": "refs/heads/main", "before": OLD, "after": NEW, "pusher": {"login": "ada"}},
        Pushed((("refs/heads/main", OLD, NEW),), "ada"),
        "push",
    ),
    _gitea("create", {"ref": "x", "ref_type": "branch"}, Ignored("the push says so, too: branch x"), "branch created"),
    _gitea("delete", {"ref": "x", "ref_type": "branch"}, Pushed((("refs/heads/x", "", ""),), "mona"), "branch deleted"),
    _gitea("delete", {"ref": "v1", "ref_type": "tag"}, Pushed((("refs/tags/v1", "", ""),), "mona"), "tag deleted"),
    _gitea(
        "pull_request",
        {"action": "opened", "number": 7, "pull_request": _GITEA_PULL_REQUEST},
        PullRequestSaid(pull_request(**_AT_GITEA), "opened", AT),
        "pull request",
    ),
    _gitea(
        "pull_request_sync",
        {"action": "synchronized", "pull_request": {**_GITEA_PULL_REQUEST, "title": "WIP: Try"}},
        PullRequestSaid(pull_request(**_AT_GITEA, title="WIP: Try", draft=True), "synchronized", AT),
        "draft by its title",
    ),
    _gitea(
        "issue_comment",
        {
            "action": "created",
            "is_pull": True,
            "issue": {"number": 7},
            "comment": {"id": 12, "body": "/azp list", "user": {"login": "ada"}},
        },
        Commented(7, "/azp list", "ada", id="12"),
        "comment",
    ),
    _gitea(
        "release",
        {"action": "published", "release": {"tag_name": "v1", "name": "One"}},
        ReleasePublished("v1", "One"),
        "release",
    ),
    _gitea("fork", {}, Ignored("'fork' starts nothing"), "something else"),
]
