"""GitLab: https://docs.gitlab.com/user/project/integrations/webhook_events/"""

from __future__ import annotations

from typing import Any

from drivetrain.source.hosts.model import HostKind
from drivetrain.source.webhooks.model import Commented, Ignored, PullRequestSaid, Pushed, ReleasePublished, Said
from tests.unit.source.webhooks.payload_cases.case import AT, HEAD, NEW, OLD, ZERO, Case, pull_request

_GITLAB_PROJECT = {
    "id": 15,
    "path_with_namespace": "lab/teams/churn",
    "git_http_url": "https://gitlab.example.org/lab/teams/churn.git",
}
_GITLAB_MERGE_REQUEST = {
    "iid": 7,
    "title": "Try a deeper tree",
    "source_branch": "deeper",
    "target_branch": "main",
    "source": _GITLAB_PROJECT,
    "target": _GITLAB_PROJECT,
    "last_commit": {"id": HEAD},
    "state": "opened",
    "draft": False,
    "url": "https://gitlab.example.org/lab/teams/churn/-/merge_requests/7",
    "updated_at": "2026-11-20 08:15:30 UTC",
}
_AT_GITLAB = {"url": "https://gitlab.example.org/lab/teams/churn/-/merge_requests/7"}
_GITLAB_FORK = {"path_with_namespace": "mona/churn", "git_http_url": "https://gitlab.example.org/mona/churn.git"}


def _gitlab(event: str, kind: str, body: dict[str, Any], said: Said, what: str) -> Case:
    body = {"object_kind": kind, "project": _GITLAB_PROJECT, "user": {"username": "mona"}, **body}
    return Case(HostKind.GITLAB, event, body, said, "lab/teams/churn", what, {"X-Gitlab-Event": event})


GITLAB = [
    _gitlab(
        "Push Hook",
        "push",
        {"ref": "refs/heads/main", "before": OLD, "after": NEW, "checkout_sha": NEW, "user_username": "ada"},
        Pushed((("refs/heads/main", OLD, NEW),), "ada"),
        "push",
    ),
    _gitlab(
        "Push Hook",
        "push",
        {"ref": "refs/heads/main", "before": OLD, "after": ZERO, "checkout_sha": None, "user_username": "ada"},
        Pushed((("refs/heads/main", OLD, ZERO),), "ada"),
        "branch deleted",
    ),
    _gitlab(
        "Tag Push Hook",
        "tag_push",
        {"ref": "refs/tags/v1", "before": ZERO, "after": NEW, "user_username": "ada"},
        Pushed((("refs/tags/v1", ZERO, NEW),), "ada"),
        "tag",
    ),
    _gitlab(
        "Merge Request Hook",
        "merge_request",
        {"object_attributes": {**_GITLAB_MERGE_REQUEST, "action": "open"}},
        PullRequestSaid(pull_request(**_AT_GITLAB), "open", AT),
        "merge request",
    ),
    _gitlab(
        "Merge Request Hook",
        "merge_request",
        {"object_attributes": {**_GITLAB_MERGE_REQUEST, "action": "update", "source": _GITLAB_FORK, "oldrev": OLD}},
        PullRequestSaid(
            pull_request(**_AT_GITLAB, author="", fork=True, source_url="https://gitlab.example.org/mona/churn.git"),
            "update",
            AT,
        ),
        "merge request from a fork",
    ),
    _gitlab(
        "Merge Request Hook",
        "merge_request",
        {"object_attributes": {**_GITLAB_MERGE_REQUEST, "action": "merge", "state": "merged"}},
        PullRequestSaid(pull_request(**_AT_GITLAB, author="", state="merged"), "merge", AT),
        "merge request merged",
    ),
    _gitlab(
        "Merge Request Hook",
        "merge_request",
        {"object_attributes": {**_GITLAB_MERGE_REQUEST, "action": "approved"}},
        Ignored("a merge request got 'approved': nothing to run"),
        "merge request approved",
    ),
    _gitlab(
        "Note Hook",
        "note",
        {
            "object_attributes": {"id": 12, "note": "/azp run", "noteable_type": "MergeRequest", "action": "create"},
            "merge_request": _GITLAB_MERGE_REQUEST,
        },
        Commented(7, "/azp run", "mona", pull_request(**_AT_GITLAB, author=""), id="12"),
        "comment",
    ),
    _gitlab(
        "Note Hook",
        "note",
        {"object_attributes": {"id": 13, "note": "/azp run", "noteable_type": "Commit"}},
        Ignored("a comment, but not on a merge request"),
        "comment on a commit",
    ),
    _gitlab(
        "Release Hook",
        "release",
        {"action": "create", "tag": "v1", "name": "One"},
        ReleasePublished("v1", "One"),
        "release",
    ),
    _gitlab("Pipeline Hook", "pipeline", {}, Ignored("'pipeline' starts nothing"), "something else"),
]
