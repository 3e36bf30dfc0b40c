"""Azure Repos: https://learn.microsoft.com/azure/devops/service-hooks/events"""

from __future__ import annotations

from typing import Any

from drivetrain.source.hosts.model import HostKind
from drivetrain.source.webhooks.model import Commented, Ignored, PullRequestSaid, Pushed, Said
from tests.unit.source.webhooks.payload_cases.case import AT, HEAD, MERGE, NEW, OLD, ZERO, Case, pull_request

_AZURE_REPOSITORY = {
    "id": "0b6ed1b1-6d9b-4c43-a3b6-0ecf3f2f1a11",
    "name": "churn",
    "project": {"name": "Lab"},
    "remoteUrl": "https://dev.azure.com/fabrikam/Lab/_git/churn",
}
_AZURE_PULL_REQUEST = {
    "repository": _AZURE_REPOSITORY,
    "pullRequestId": 7,
    "status": "active",
    "createdBy": {"displayName": "Mona", "uniqueName": "mona@example.org"},
    "title": "Try a deeper tree",
    "sourceRefName": "refs/heads/deeper",
    "targetRefName": "refs/heads/main",
    "mergeStatus": "succeeded",
    "isDraft": False,
    "lastMergeSourceCommit": {"commitId": HEAD},
    "lastMergeTargetCommit": {"commitId": OLD},
    "lastMergeCommit": {"commitId": MERGE},
}
_AT_AZURE = {
    "author": "mona@example.org",
    "base_sha": OLD,
    "merge_sha": MERGE,
    "url": "https://dev.azure.com/fabrikam/Lab/_git/churn/pullrequest/7",
}
COMMENT_PAGE = "https://dev.azure.com/fabrikam/_apis/git/repositories/x/pullRequests/7/threads/5/comments/1"


def _azure(event: str, resource: dict[str, Any], said: Said, what: str) -> Case:
    body = {
        "subscriptionId": "5f7e1f4e-2d5c-4f6e-9d55-41d1d6e7a1c0",
        "notificationId": 3,
        "id": "9a1c0b9c-6d52-4a3e-8a8d-6a7cf1cbe8b7",
        "eventType": event,
        "publisherId": "tfs",
        "createdDate": "2026-11-20T08:15:30.0000000Z",
        "resource": resource,
    }
    return Case(HostKind.AZURE_REPOS, event, body, said, "fabrikam/Lab/churn", what)


AZURE_REPOS = [
    _azure(
        "git.push",
        {
            "refUpdates": [{"name": "refs/heads/main", "oldObjectId": OLD, "newObjectId": NEW}],
            "repository": _AZURE_REPOSITORY,
            "pushedBy": {"uniqueName": "ada@example.org"},
        },
        Pushed((("refs/heads/main", OLD, NEW),), "ada@example.org"),
        "push",
    ),
    _azure(
        "git.push",
        {
            "refUpdates": [{"name": "refs/heads/gone", "oldObjectId": OLD, "newObjectId": ZERO}],
            "repository": {**_AZURE_REPOSITORY, "remoteUrl": "https://fabrikam.visualstudio.com/Lab/_git/churn"},
        },
        Pushed((("refs/heads/gone", OLD, ZERO),)),
        "branch deleted, old address",
    ),
    _azure(
        "git.pullrequest.created",
        _AZURE_PULL_REQUEST,
        PullRequestSaid(pull_request(**_AT_AZURE), "created", AT),
        "pull request",
    ),
    _azure(
        "git.pullrequest.updated",
        {
            **_AZURE_PULL_REQUEST,
            "isDraft": True,
            "forkSource": {"repository": {"remoteUrl": "https://dev.azure.com/fabrikam/Lab/_git/churn.mona"}},
        },
        PullRequestSaid(
            pull_request(
                **_AT_AZURE, draft=True, fork=True, source_url="https://dev.azure.com/fabrikam/Lab/_git/churn.mona"
            ),
            "updated",
            AT,
        ),
        "draft from a fork",
    ),
    _azure(
        "git.pullrequest.merged",
        {**_AZURE_PULL_REQUEST, "status": "completed"},
        PullRequestSaid(pull_request(**_AT_AZURE, state="merged"), "merged", AT),
        "pull request completed",
    ),
    _azure(
        "git.pullrequest.updated",
        {**_AZURE_PULL_REQUEST, "status": "abandoned"},
        PullRequestSaid(pull_request(**_AT_AZURE, state="closed"), "updated", AT),
        "pull request abandoned",
    ),
    _azure(
        "ms.vss-code.git-pullrequest-comment-event",
        {
            "comment": {
                "id": 1,
                "content": "/azp run",
                "author": {"uniqueName": "ada@example.org"},
                "_links": {"self": {"href": COMMENT_PAGE}},
            },
            "pullRequest": _AZURE_PULL_REQUEST,
        },
        Commented(7, "/azp run", "ada@example.org", pull_request(**_AT_AZURE), id=COMMENT_PAGE),
        "comment",
    ),
    _azure(
        "build.complete",
        {"repository": _AZURE_REPOSITORY},
        Ignored("'build.complete' starts nothing"),
        "something else",
    ),
]
