"""Bitbucket: https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/"""

from __future__ import annotations

from typing import Any

from drivetrain.source.hosts.model import HostKind
from drivetrain.source.webhooks.model import Commented, Ignored, PullRequestSaid, Pushed, Said
from tests.unit.source.webhooks.payload_cases.case import AT, HEAD, NEW, OLD, Case, pull_request

ACCOUNT = "{a54f16da-24e9-4d7f-a3a7-b1ba2cd98aa3}"
_BITBUCKET_REPOSITORY = {"full_name": "lab/churn", "links": {"html": {"href": "https://bitbucket.org/lab/churn"}}}
_BITBUCKET_FORK = {"full_name": "mona/churn", "links": {"html": {"href": "https://bitbucket.org/mona/churn"}}}
_BITBUCKET_PULL_REQUEST = {
    "id": 7,
    "title": "Try a deeper tree",
    "state": "OPEN",
    "draft": False,
    "author": {"nickname": "mona", "uuid": ACCOUNT},
    "source": {"branch": {"name": "deeper"}, "commit": {"hash": HEAD[:12]}, "repository": _BITBUCKET_REPOSITORY},
    "destination": {"branch": {"name": "main"}, "commit": {"hash": OLD[:12]}, "repository": _BITBUCKET_REPOSITORY},
    "updated_on": "2026-11-20T08:15:30.000000+00:00",
    "links": {"html": {"href": "https://bitbucket.org/lab/churn/pull-requests/7"}},
}
_AT_BITBUCKET = {"head_sha": HEAD[:12], "url": "https://bitbucket.org/lab/churn/pull-requests/7"}


def _bitbucket(event: str, body: dict[str, Any], said: Said, what: str) -> Case:
    body = {"repository": _BITBUCKET_REPOSITORY, "actor": {"nickname": "ada", "uuid": ACCOUNT}, **body}
    return Case(HostKind.BITBUCKET, event, body, said, "lab/churn", what, {"X-Event-Key": event})


def _target(kind: str, name: str, sha: str) -> dict[str, Any]:
    return {"type": kind, "name": name, "target": {"type": "commit", "hash": sha}}


BITBUCKET = [
    _bitbucket(
        "repo:push",
        {
            "push": {
                "changes": [
                    {"new": _target("branch", "main", NEW), "old": _target("branch", "main", OLD), "forced": False},
                    {"new": None, "old": _target("branch", "gone", OLD), "closed": True},
                    {"new": _target("branch", "fresh", NEW), "old": None, "created": True},
                    {"new": _target("tag", "v1", NEW), "old": None, "created": True},
                ]
            }
        },
        Pushed(
            (
                ("refs/heads/main", OLD, NEW),
                ("refs/heads/gone", OLD, ""),
                ("refs/heads/fresh", "", NEW),
                ("refs/tags/v1", "", ""),
            ),
            ACCOUNT,
        ),
        "push",
    ),
    _bitbucket(
        "pullrequest:created",
        {"pullrequest": _BITBUCKET_PULL_REQUEST},
        PullRequestSaid(pull_request(**_AT_BITBUCKET), "created", AT),
        "pull request",
    ),
    _bitbucket(
        "pullrequest:updated",
        {
            "pullrequest": {
                **_BITBUCKET_PULL_REQUEST,
                "draft": True,
                "source": {**_BITBUCKET_PULL_REQUEST["source"], "repository": _BITBUCKET_FORK},  # type: ignore[dict-item]
            }
        },
        PullRequestSaid(
            pull_request(**_AT_BITBUCKET, draft=True, fork=True, source_url="https://bitbucket.org/mona/churn.git"),
            "updated",
            AT,
        ),
        "draft from a fork",
    ),
    _bitbucket(
        "pullrequest:fulfilled",
        {"pullrequest": {**_BITBUCKET_PULL_REQUEST, "state": "MERGED"}},
        PullRequestSaid(pull_request(**_AT_BITBUCKET, state="merged"), "merged", AT),
        "pull request merged",
    ),
    _bitbucket(
        "pullrequest:rejected",
        {"pullrequest": {**_BITBUCKET_PULL_REQUEST, "state": "DECLINED"}},
        PullRequestSaid(pull_request(**_AT_BITBUCKET, state="closed"), "declined", AT),
        "pull request declined",
    ),
    _bitbucket(
        "pullrequest:comment_created",
        {"pullrequest": _BITBUCKET_PULL_REQUEST, "comment": {"id": 12, "content": {"raw": "/azp run"}}},
        Commented(7, "/azp run", ACCOUNT, pull_request(**_AT_BITBUCKET), id="12"),
        "comment",
    ),
    _bitbucket("repo:fork", {}, Ignored("'repo:fork' starts nothing"), "something else"),
]
