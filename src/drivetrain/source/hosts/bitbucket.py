"""Bitbucket Cloud, by an API token, an app password (both with a user name) or an access token.

https://developer.atlassian.com/cloud/bitbucket/rest/
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from drivetrain.errors import NotFoundError, UserError
from drivetrain.source.events import PullRequest
from drivetrain.source.git import SHA
from drivetrain.source.hosts.bitbucket_report import put_report
from drivetrain.source.hosts.http import Answer, Api, part
from drivetrain.source.hosts.marks import marker
from drivetrain.source.hosts.model import RemoteRepository

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from drivetrain.clock import Clock
    from drivetrain.source.hosts.credentials import Credentials
    from drivetrain.source.hosts.model import Link, Report

EVENTS = (
    "repo:push",
    "pullrequest:created",
    "pullrequest:updated",
    "pullrequest:fulfilled",
    "pullrequest:rejected",
    "pullrequest:comment_created",
)
"""https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/"""
MOST_REPOSITORIES = 3
_PAGED: Mapping[str, str | int] = {"pagelen": 50}
"""Pull requests come at most fifty a page."""
_WRITERS = frozenset({"write", "admin"})
_STATES = {"OPEN": "open", "MERGED": "merged"}


class Bitbucket:
    """The Host port."""

    def __init__(self, link: Link, credentials: Credentials, clock: Clock | None = None) -> None:
        self._name = link.repository
        self._workspace = link.repository.partition("/")[0]
        self._at = "/repositories/" + "/".join(part(each) for each in link.repository.split("/"))
        heads = {"Accept": "application/json", "User-Agent": "drivetrain", **_authorization(credentials)}
        self._api = Api(link.api, lambda: heads, secrets=credentials.secrets, clock=clock)
        self._me = ""

    def repository(self) -> RemoteRepository:
        """The repository; who may list its webhooks may make some."""
        found = self._api.get(self._at, f"show {self._name}", right="Repositories: read")
        return _repository(found, admin=self._is_admin())

    def _is_admin(self) -> bool:
        try:
            self._api.get(f"{self._at}/hooks", "list the webhooks", query={"pagelen": 1})
        except UserError:
            return False
        return True

    def repositories(self) -> Sequence[RemoteRepository]:
        """Those of the link's workspace; without one, those that the account may write to."""
        path = f"/repositories/{part(self._workspace)}" if self._workspace else "/repositories"
        query: Mapping[str, str | int] = {**_PAGED, "role": "contributor", "sort": "-updated_on"}
        pages = self._pages(path, "list repositories", "Repositories: read", query, MOST_REPOSITORIES)
        return [_repository(each) for each in pages]

    def refs(self, seen: str = "") -> tuple[str, Mapping[str, str] | None]:  # noqa: ARG002 - the caller compares
        """Only whether something has moved: Bitbucket does not tell the objects of annotated tags, git does."""
        pages = self._pages(
            f"{self._at}/refs", f"list the refs of {self._name}", "Repositories: read", {"pagelen": 100}
        )
        listed = sorted((str(each["type"]), str(each["name"]), str(each["target"]["hash"])) for each in pages)
        return sha256(repr(listed).encode()).hexdigest(), None

    def pull_requests(self) -> Sequence[PullRequest]:
        """The open ones."""
        what = f"list the pull requests of {self._name}"
        query = {**_PAGED, "state": "OPEN"}
        return [
            self._pull_request(each)
            for each in self._pages(f"{self._at}/pullrequests", what, "Pull requests: read", query)
        ]

    def pull_request(self, number: int) -> PullRequest:
        """One of them."""
        what = f"show pull request {number} of {self._name}"
        return self._pull_request(self._api.get(f"{self._at}/pullrequests/{number}", what, right="Pull requests: read"))

    def _pull_request(self, found: Mapping[str, Any]) -> PullRequest:
        source, target = found["source"], found["destination"]
        home = (source.get("repository") or {}).get("full_name", "")
        elsewhere = home.lower() != self._name.lower()
        return PullRequest(
            number=found["id"],
            title=found["title"],
            author=_account_of(found.get("author")),
            source=f"refs/heads/{source['branch']['name']}",
            head_sha=self._whole(home, (source.get("commit") or {}).get("hash", "")),
            target=f"refs/heads/{target['branch']['name']}",
            base_sha=self._whole(self._name, (target.get("commit") or {}).get("hash", "")),
            merge_sha=self._whole(self._name, (found.get("merge_commit") or {}).get("hash", "")),
            draft=bool(found.get("draft")),
            fork=elsewhere,
            state=_STATES.get(found["state"], "closed"),
            url=found["links"]["html"]["href"],
            source_url=f"https://bitbucket.org/{home}.git" if elsewhere and home else "",
        )

    def _whole(self, repository: str, sha: str) -> str:
        """The whole id: in pull requests Bitbucket shortens them. Empty when the commit, or its fork, is gone."""
        if not sha or not repository or SHA.fullmatch(sha):
            return sha if SHA.fullmatch(sha) else ""
        at = "/repositories/" + "/".join(part(each) for each in repository.split("/"))
        try:
            return str(
                self._api.get(f"{at}/commit/{part(sha)}", f"show commit {sha}", right="Repositories: read")["hash"]
            )
        except NotFoundError:
            return ""

    def may_write(self, user: str) -> bool:
        """By account id, or nickname. https://developer.atlassian.com/cloud/bitbucket/rest/api-group-workspaces/"""
        slug = self._name.partition("/")[2]
        path = f"/workspaces/{part(self._workspace)}/permissions/repositories/{part(slug)}"
        what, right = f"show what {user} may do in {self._name}", "Workspace: read, as an administrator"
        for each in self._pages(path, what, right, _PAGED):
            account = each.get("user") or {}
            if user and user in {account.get("account_id"), account.get("uuid"), account.get("nickname")}:
                return each["permission"] in _WRITERS
        return False

    def create_webhook(self, url: str, secret: str) -> str:
        """https://developer.atlassian.com/cloud/bitbucket/rest/api-group-repositories/#api-group-repositories"""
        what, right = f"make a webhook of {self._name}", "Webhooks: read and write"
        body = {"description": "drivetrain", "url": url, "active": True, "secret": secret, "events": list(EVENTS)}
        hooks = self._pages(f"{self._at}/hooks", what, right, _PAGED)
        known = next((str(each["uuid"]) for each in hooks if each["url"] == url), "")
        if known:
            self._api.put(f"{self._at}/hooks/{part(known)}", what, body, right=right)
            return known
        return str(self._api.post(f"{self._at}/hooks", what, body, right=right)["uuid"])

    def remove_webhook(self, webhook: str) -> None:
        """Take it away."""
        self._api.delete(f"{self._at}/hooks/{part(webhook)}", "remove the webhook", right="Webhooks: read and write")

    def test_webhook(self, webhook: str) -> None:
        """Bitbucket has no way to ask for a test."""

    def report(self, report: Report) -> str:
        """A build status, and a report with annotations."""
        return put_report(self._api, self._at, report)

    def comment(self, pull_request: int, text: str, known: str = "") -> str:
        """https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests/"""
        at = f"{self._at}/pullrequests/{pull_request}/comments"
        what, right = f"comment on pull request {pull_request} of {self._name}", "Pull requests: write"
        body = {"content": {"raw": text}}
        known = known or self._marked(at, marker(text), what)
        if known:
            try:
                self._api.put(f"{at}/{part(known)}", what, body, right=right)
            except NotFoundError:
                pass
            else:
                return known
        return str(self._api.post(at, what, body, right=right)["id"])

    def _marked(self, at: str, mark: str, what: str) -> str:
        """Our own comment with this mark, as one is there when we were killed before its id was kept. An access token
        has no account to know it by: then a new one is written.
        """
        if not mark or not self._account():
            return ""
        for each in self._pages(at, what, "Pull requests: read", _PAGED):
            ours = (each.get("user") or {}).get("uuid") == self._me
            if ours and not each.get("deleted") and marker((each.get("content") or {}).get("raw") or "") == mark:
                return str(each["id"])
        return ""

    def _account(self) -> str:
        if not self._me:
            try:
                self._me = str(self._api.get("/user", "say who we are", right="Account: read")["uuid"])
            except UserError:
                return ""
        return self._me

    def _pages(
        self, path: str, what: str, right: str, query: Mapping[str, str | int], most: int = 50
    ) -> Iterator[Mapping[str, Any]]:
        for page in self._api.pages(path, what, right=right, query=query, following=_next, most=most):
            yield from page.get("values") or ()


def _authorization(credentials: Credentials) -> dict[str, str]:
    if not credentials.token:
        return {}
    if not credentials.username:
        return {"Authorization": f"Bearer {credentials.token}"}
    pair = f"{credentials.username}:{credentials.token}".encode()
    return {"Authorization": f"Basic {b64encode(pair).decode()}"}


def _next(answer: Answer) -> str:
    """https://developer.atlassian.com/cloud/bitbucket/rest/intro/#pagination"""
    return str((answer.json() or {}).get("next") or "")


def _account_of(account: Mapping[str, Any] | None) -> str:
    found = account or {}
    return str(found.get("nickname") or found.get("display_name") or "")


def _repository(found: Mapping[str, Any], *, admin: bool = False) -> RemoteRepository:
    clone = next((each["href"] for each in found["links"]["clone"] if each["name"] == "https"), "")
    url = urlsplit(clone)
    return RemoteRepository(
        name=found["full_name"],
        url=url._replace(netloc=url.netloc.rpartition("@")[2]).geturl(),
        branch=(found.get("mainbranch") or {}).get("name") or "main",
        page=found["links"]["html"]["href"],
        private=bool(found["is_private"]),
        admin=admin,
    )
