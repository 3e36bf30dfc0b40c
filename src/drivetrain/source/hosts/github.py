"""GitHub and GitHub Enterprise Server, by a token or as a GitHub App.

https://docs.github.com/rest
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drivetrain.errors import NotFoundError
from drivetrain.source.events import PullRequest
from drivetrain.source.hosts.github_app import SCHEME, AppTokens
from drivetrain.source.hosts.github_report import put_check_run, put_status
from drivetrain.source.hosts.http import NOT_MODIFIED, PAGE_SIZE, Api, linked, part
from drivetrain.source.hosts.issue_comments import IssueComments
from drivetrain.source.hosts.model import RemoteRepository

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from drivetrain.clock import Clock
    from drivetrain.source.hosts.credentials import Credentials
    from drivetrain.source.hosts.model import Link, Report

EVENTS = ("push", "pull_request", "issue_comment", "release")
"""What webhooks are for. A push is also said of tags and of what was deleted."""
MOST_REPOSITORIES = 3
"""Pages of a hundred."""
HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28", "User-Agent": "drivetrain"}
"""Sent with every request."""
_PAGED: Mapping[str, str | int] = {"per_page": PAGE_SIZE}
_WRITERS = frozenset({"admin", "write"})
"""`maintain` is told as `write` in this field."""


class GitHub:
    """The Host port. https://docs.github.com/rest/using-the-rest-api"""

    def __init__(self, link: Link, credentials: Credentials, clock: Clock | None = None) -> None:
        self._name = link.repository
        self._at = "/repos/" + "/".join(part(each) for each in link.repository.split("/"))
        self._tokens: AppTokens | None = None
        if credentials.scheme.lower() == SCHEME.lower():
            self._tokens = AppTokens(link.api, self._at.removeprefix("/repos/"), HEADERS, credentials, clock)
        self._static = credentials.token
        self._api = Api(link.api, self._headers, secrets=credentials.secrets, clock=clock)
        self._me = ""
        writes = "Pull requests: write"
        self._comments = IssueComments(self._api, self._at, self._name, self._account, writes=writes, query=_PAGED)

    def _headers(self) -> Mapping[str, str]:
        token = self._tokens.token() if self._tokens else self._static
        return {**HEADERS, "Authorization": f"Bearer {token}"} if token else HEADERS

    def repository(self) -> RemoteRepository:
        """The repository itself."""
        return self._repository(self._api.get(self._at, f"show {self._name}", right="Metadata: read (scope `repo`)"))

    def repositories(self) -> Sequence[RemoteRepository]:
        """Those that the token may see, or that the App was installed for; those pushed to last first."""
        path = "/installation/repositories" if self._tokens else "/user/repos"
        query = _PAGED if self._tokens else {**_PAGED, "sort": "pushed"}
        pages = self._api.pages(path, "list repositories", most=MOST_REPOSITORIES, query=query)
        found = (page["repositories"] if isinstance(page, dict) else page for page in pages)
        return [self._repository(each) for page in found for each in page]

    def _repository(self, found: Mapping[str, Any]) -> RemoteRepository:
        hooks = self._tokens.permissions.get("repository_hooks") == "write" if self._tokens else False
        return RemoteRepository(
            name=found["full_name"],
            url=found["clone_url"],
            branch=found["default_branch"],
            page=found["html_url"],
            private=found["private"],
            admin=hooks or bool((found.get("permissions") or {}).get("admin")),
        )

    def refs(self, seen: str = "") -> tuple[str, Mapping[str, str] | None]:
        """Branches and tags, each asked for with the ETag of the time before: what has not changed costs no request of
        the hour's limit. https://docs.github.com/rest/git/refs#list-matching-references
        """
        marks = (seen.split(" ") if seen else []) or ["", ""]
        kinds = ("heads", "tags")
        answers = [self._matching(kind, mark) for kind, mark in zip(kinds, marks, strict=True)]
        if seen and all(refs is None for _, refs in answers):
            return seen, None
        found: dict[str, str] = {}
        new = []
        for kind, (mark, refs) in zip(kinds, answers, strict=True):
            mark, refs = (mark, refs) if refs is not None else self._matching(kind, "")  # noqa: PLW2901 - the other one changed
            new.append(mark)
            found |= refs or {}
        return (" ".join(new) if all(new) else ""), found

    def _matching(self, kind: str, mark: str) -> tuple[str, dict[str, str] | None]:
        """(ETag, refs); refs are None when the ETag still holds. Where there are pages there is no one ETag."""
        path, what = f"{self._at}/git/matching-refs/{kind}/", f"list the refs of {self._name}"
        headers = {"If-None-Match": mark} if mark else None
        answer = self._api.send("GET", path, what, right="Contents: read", headers=headers)
        if answer.status == NOT_MODIFIED:
            return mark, None
        found, more = answer.json(), linked(answer)
        while more:
            answer = self._api.send("GET", more, what)
            found, more = found + answer.json(), linked(answer)
        tag = "" if linked(answer) else answer.headers.get("etag", "")
        return tag.replace(" ", ""), {each["ref"]: each["object"]["sha"] for each in found}

    def pull_requests(self) -> Sequence[PullRequest]:
        """The open ones."""
        pages = self._api.pages(
            f"{self._at}/pulls",
            f"list the pull requests of {self._name}",
            right="Pull requests: read",
            query={**_PAGED, "state": "open"},
        )
        return [_pull_request(each) for page in pages for each in page]

    def pull_request(self, number: int) -> PullRequest:
        """One of them."""
        what = f"show pull request {number} of {self._name}"
        return _pull_request(self._api.get(f"{self._at}/pulls/{number}", what, right="Pull requests: read"))

    def may_write(self, user: str) -> bool:
        """https://docs.github.com/rest/collaborators/collaborators#get-repository-permissions-for-a-user"""
        path = f"{self._at}/collaborators/{part(user)}/permission"
        try:
            found = self._api.get(path, f"show what {user} may do in {self._name}", right="Metadata: read")
        except NotFoundError:
            return False
        return found["permission"] in _WRITERS

    def create_webhook(self, url: str, secret: str) -> str:
        """https://docs.github.com/rest/repos/webhooks#create-a-repository-webhook"""
        what, right = f"make a webhook of {self._name}", "Webhooks: write (scope `admin:repo_hook`)"
        config = {"url": url, "content_type": "json", "secret": secret, "insecure_ssl": "0"}
        body = {"config": config, "events": list(EVENTS), "active": True}
        known = self._webhook(url, what, right)
        if known:
            self._api.patch(f"{self._at}/hooks/{known}", what, body, right=right)
            return known
        return str(self._api.post(f"{self._at}/hooks", what, {"name": "web", **body}, right=right)["id"])

    def _webhook(self, url: str, what: str, right: str) -> str:
        pages = self._api.pages(f"{self._at}/hooks", what, right=right, query=_PAGED)
        every = (each for page in pages for each in page)
        return next((str(each["id"]) for each in every if each["config"].get("url") == url), "")

    def remove_webhook(self, webhook: str) -> None:
        """Take it away."""
        self._api.delete(f"{self._at}/hooks/{part(webhook)}", "remove the webhook", right="Webhooks: write")

    def test_webhook(self, webhook: str) -> None:
        """Have it deliver a ping."""
        self._api.send("POST", f"{self._at}/hooks/{part(webhook)}/pings", "ping the webhook", right="Webhooks: write")

    def report(self, report: Report) -> str:
        """A check run as an App, else a commit status: only Apps may write check runs.

        https://docs.github.com/rest/checks/runs#create-a-check-run
        """
        put = put_check_run if self._tokens else put_status
        return put(self._api, self._at, report)

    def comment(self, pull_request: int, text: str, known: str = "") -> str:
        """Of the issue that every pull request is: https://docs.github.com/rest/issues/comments"""
        return self._comments.put(pull_request, text, known)

    def _account(self) -> str:
        if not self._me:
            self._me = (
                f"{self._tokens.slug()}[bot]"
                if self._tokens
                else str(self._api.get("/user", "say who we are")["login"])
            )
        return self._me


def _flat(pages: Iterator[Any]) -> Iterator[dict[str, Any]]:
    for page in pages:
        yield from page


def _pull_request(found: Mapping[str, Any]) -> PullRequest:
    head, base = found["head"], found["base"]
    elsewhere = (head["repo"] or {}).get("full_name") != base["repo"]["full_name"]
    return PullRequest(
        number=found["number"],
        title=found["title"],
        author=(found["user"] or {}).get("login", "ghost"),
        source=f"refs/heads/{head['ref']}",
        head_sha=head["sha"],
        target=f"refs/heads/{base['ref']}",
        base_sha=base["sha"],
        merge_sha=found.get("merge_commit_sha") or "",
        draft=bool(found.get("draft")),
        fork=elsewhere,
        state="merged" if found.get("merged_at") else found["state"],
        url=found["html_url"],
        source_url=((head["repo"] or {}).get("clone_url") or "") if elsewhere else "",
    )
