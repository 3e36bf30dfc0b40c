"""Deliveries in the shapes that the hosts document, with values of our own; of each, what Drivetrain reads and a little
around it.

GitHub      https://docs.github.com/webhooks/webhook-events-and-payloads
Gitea       https://docs.gitea.com/usage/webhooks
GitLab      https://docs.gitlab.com/user/project/integrations/webhook_events/
Bitbucket   https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/
Azure Repos https://learn.microsoft.com/azure/devops/service-hooks/events
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from drivetrain.source.events import PullRequest
from drivetrain.source.hosts.model import HostKind
from drivetrain.source.webhooks.model import Commented, Ignored, PullRequestSaid, Pushed, ReleasePublished, Said

OLD, NEW, HEAD, MERGE = "1" * 40, "2" * 40, "3" * 40, "4" * 40
ZERO = "0" * 40
AT = "2026-11-20T08:15:30.000Z"
GITEA_PAGE = "https://git.example.org/lab/churn"


@dataclass(frozen=True)
class Case:
    host: HostKind
    event: str
    body: dict[str, Any]
    said: Said
    repository: str
    what: str
    headers: dict[str, str] = field(default_factory=dict)


def _github_pull_request(**more: Any) -> dict[str, Any]:
    repository = {"full_name": "lab/churn", "clone_url": "https://github.com/lab/churn.git"}
    return {
        "number": 7,
        "state": "open",
        "title": "Try a deeper tree",
        "draft": False,
        "merged": False,
        "merged_at": None,
        "merge_commit_sha": MERGE,
        "updated_at": "2026-11-20T08:15:30Z",
        "html_url": "https://github.com/lab/churn/pull/7",
        "user": {"login": "mona"},
        "head": {"ref": "deeper", "sha": HEAD, "repo": repository},
        "base": {"ref": "main", "sha": OLD, "repo": repository},
        **more,
    }


def pull_request(**more: Any) -> PullRequest:
    told = PullRequest(7, "Try a deeper tree", "mona", "refs/heads/deeper", HEAD, "refs/heads/main")
    values = {name: getattr(told, name) for name in told.__struct_fields__}
    return PullRequest(**{**values, **more})


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
        {"action": "opened", "number": 7, "pull_request": _github_pull_request()},
        PullRequestSaid(_AT_GITHUB, "opened", AT),
        "pull request",
    ),
    _github(
        "pull_request",
        {"action": "opened", "pull_request": _github_pull_request(head=_FORK)},
        PullRequestSaid(_fork("https://github.com/mona/churn.git"), "opened", AT),
        "pull request from a fork",
    ),
    _github(
        "pull_request",
        {"action": "synchronize", "pull_request": _github_pull_request(head=_DELETED_FORK)},
        PullRequestSaid(_fork(""), "synchronize", AT),
        "pull request from a fork that is gone",
    ),
    _github(
        "pull_request",
        {"action": "converted_to_draft", "pull_request": _github_pull_request(draft=True)},
        PullRequestSaid(_at_github(draft=True), "converted_to_draft", AT),
        "pull request drafted",
    ),
    _github(
        "pull_request",
        {"action": "closed", "pull_request": _github_pull_request(state="closed", merged=True)},
        PullRequestSaid(_at_github(state="merged"), "closed", AT),
        "pull request merged",
    ),
    _github(
        "pull_request",
        {"action": "closed", "pull_request": _github_pull_request(state="closed")},
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


def _gitea(event: str, body: dict[str, Any], said: Said, what: str) -> Case:
    body = {"repository": {"full_name": "lab/churn"}, "sender": {"login": "mona"}, **body}
    return Case(HostKind.GITEA, event, body, said, "lab/churn", what, {"X-Gitea-Event": event})


_AT_GITEA = {"base_sha": OLD, "url": f"{GITEA_PAGE}/pulls/7"}
_GITEA_PULL_REQUEST = _github_pull_request(html_url=f"{GITEA_PAGE}/pulls/7", merge_commit_sha=None)

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

CASES = [*GITHUB, *GITEA, *GITLAB, *BITBUCKET, *AZURE_REPOS]
