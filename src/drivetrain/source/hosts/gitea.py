"""Gitea and Forgejo, by a token or a name with a password.

https://docs.gitea.com/api, https://forgejo.org/docs/latest/user/api-usage/
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from typing import TYPE_CHECKING, Any

from drivetrain.errors import NotFoundError
from drivetrain.source.events import PullRequest
from drivetrain.source.hosts.http import Api, part
from drivetrain.source.hosts.issue_comments import IssueComments
from drivetrain.source.hosts.model import RemoteRepository, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drivetrain.clock import Clock
    from drivetrain.source.hosts.credentials import Credentials
    from drivetrain.source.hosts.model import Link, Report

EVENTS = (
    "push",
    "create",
    "delete",
    "pull_request",
    "pull_request_sync",
    "issue_comment",
    "pull_request_comment",
    "release",
)
MOST_REPOSITORIES = 6
"""Pages of fifty: more than that it gives to nobody."""
_PAGED: Mapping[str, str | int] = {"limit": 50}
_WRITERS = frozenset({"owner", "admin", "write"})
_REFS = ("refs/heads/", "refs/tags/")
_STATES = {
    Verdict.PENDING: "pending",
    Verdict.RUNNING: "pending",
    Verdict.NEUTRAL: "pending",
    Verdict.SUCCEEDED: "success",
    Verdict.FAILED: "failure",
    Verdict.CANCELED: "error",
    Verdict.ERROR: "error",
}
LONGEST_DESCRIPTION = 255


class Gitea:
    """The Host port."""

    def __init__(self, link: Link, credentials: Credentials, clock: Clock | None = None) -> None:
        self._name = link.repository
        self._at = "/repos/" + "/".join(part(each) for each in link.repository.split("/"))
        headers = {"Accept": "application/json", "User-Agent": "drivetrain", **_authorization(credentials)}
        self._api = Api(link.api, lambda: headers, secrets=credentials.secrets, clock=clock)
        self._me = ""
        self._comments = IssueComments(
            self._api, self._at, self._name, self._account, reads="read:issue", writes="write:issue"
        )

    def repository(self) -> RemoteRepository:
        """The repository itself."""
        return _repository(self._api.get(self._at, f"show {self._name}", right="read:repository"))

    def repositories(self) -> Sequence[RemoteRepository]:
        """Those of the account, and those that it was added to."""
        pages = self._api.pages(
            "/user/repos", "list repositories", right="read:user, read:repository", most=MOST_REPOSITORIES, query=_PAGED
        )
        return [_repository(each) for page in pages for each in page]

    def refs(self, seen: str = "") -> tuple[str, Mapping[str, str] | None]:
        """It knows no ETags: the mark is a digest of what it says."""
        try:
            said = self._api.get(f"{self._at}/git/refs", f"list the refs of {self._name}", right="read:repository")
        except NotFoundError:
            self.repository()  # an empty repository has none: else this raises
            said = []
        found = {each["ref"]: each["object"]["sha"] for each in said if each["ref"].startswith(_REFS)}
        text = "\n".join(f"{ref} {sha}" for ref, sha in sorted(found.items()))
        mark = hashlib.sha256(text.encode()).hexdigest()
        return mark, None if mark == seen else found

    def pull_requests(self) -> Sequence[PullRequest]:
        """The open ones."""
        what = f"list the pull requests of {self._name}"
        query = {**_PAGED, "state": "open"}
        pages = self._api.pages(f"{self._at}/pulls", what, right="read:repository", query=query)
        return [_pull_request(each) for page in pages for each in page]

    def pull_request(self, number: int) -> PullRequest:
        """One of them."""
        what = f"show pull request {number} of {self._name}"
        return _pull_request(self._api.get(f"{self._at}/pulls/{number}", what, right="read:repository"))

    def may_write(self, user: str) -> bool:
        """Only administrators of the repository may ask this of others."""
        path = f"{self._at}/collaborators/{part(user)}/permission"
        right = "be an administrator of the repository"
        try:
            found = self._api.get(path, f"show what {user} may do in {self._name}", right=right)
        except NotFoundError:
            return False
        return found["permission"] in _WRITERS

    def create_webhook(self, url: str, secret: str) -> str:
        """One for the same URL is made anew: not every version changes a secret."""
        what, right = f"make a webhook of {self._name}", "write:repository, as an administrator of the repository"
        for page in self._api.pages(f"{self._at}/hooks", what, right=right, query=_PAGED):
            for each in page:
                if each["config"].get("url") == url:
                    self.remove_webhook(str(each["id"]))
        config = {"url": url, "content_type": "json", "secret": secret}
        body = {"type": "gitea", "config": config, "events": list(EVENTS), "active": True}
        return str(self._api.post(f"{self._at}/hooks", what, body, right=right)["id"])

    def remove_webhook(self, webhook: str) -> None:
        """Take it away."""
        self._api.delete(f"{self._at}/hooks/{part(webhook)}", "remove the webhook", right="write:repository")

    def test_webhook(self, webhook: str) -> None:
        """It delivers a push of the newest commit that moves nothing."""
        path = f"{self._at}/hooks/{part(webhook)}/tests"
        self._api.send("POST", path, "test the webhook", right="write:repository")

    def report(self, report: Report) -> str:
        """A commit status; the newest of a context is shown."""
        body = {
            "state": _STATES[report.verdict],
            "context": report.name,
            "description": report.title[:LONGEST_DESCRIPTION],
            "target_url": report.url,
        }
        what = f"set the status of {report.sha[:10]}"
        self._api.post(f"{self._at}/statuses/{part(report.sha)}", what, body, right="write:repository")
        return "status"

    def comment(self, pull_request: int, text: str, known: str = "") -> str:
        """Of the issue that every pull request is."""
        return self._comments.put(pull_request, text, known)

    def _account(self) -> str:
        self._me = self._me or str(self._api.get("/user", "say who we are", right="read:user")["login"])
        return self._me


def _authorization(credentials: Credentials) -> dict[str, str]:
    if credentials.username and credentials.token:
        both = f"{credentials.username}:{credentials.token}"
        return {"Authorization": f"Basic {b64encode(both.encode()).decode()}"}
    return {"Authorization": f"token {credentials.token}"} if credentials.token else {}


def _repository(found: Mapping[str, Any]) -> RemoteRepository:
    return RemoteRepository(
        name=found["full_name"],
        url=found["clone_url"],
        branch=found["default_branch"],
        page=found["html_url"],
        private=found["private"],
        admin=bool((found.get("permissions") or {}).get("admin")),
    )


def _pull_request(found: Mapping[str, Any]) -> PullRequest:
    head, base = found["head"], found["base"]
    # A branch that is gone is named by what is left of it, `refs/pull/7/head`; so is one that never was (AGit).
    source = head["ref"] if head["ref"].startswith("refs/") else f"refs/heads/{head['ref']}"
    elsewhere = head["repo_id"] != base["repo_id"]
    return PullRequest(
        number=found["number"],
        title=found["title"],
        author=(found.get("user") or {}).get("login", ""),
        source=source,
        head_sha=head["sha"],
        target=f"refs/heads/{base['ref']}",
        base_sha=base.get("sha") or "",
        merge_sha=found.get("merge_commit_sha") or "",
        draft=bool(found.get("draft")),
        fork=elsewhere,
        state="merged" if found.get("merged") else found["state"],
        url=found["html_url"],
        source_url=((head.get("repo") or {}).get("clone_url") or "") if elsewhere else "",
    )
