"""GitLab, on gitlab.com or self-managed, by a personal, group or project access token.

https://docs.gitlab.com/api/rest/
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from drivetrain.errors import NotFoundError, UserError
from drivetrain.source.events import PullRequest
from drivetrain.source.hosts.http import PAGE_SIZE, Api, part
from drivetrain.source.hosts.marks import marker
from drivetrain.source.hosts.model import RemoteRepository, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from drivetrain.clock import Clock
    from drivetrain.source.hosts.credentials import Credentials
    from drivetrain.source.hosts.model import Link, Report

DEVELOPER, MAINTAINER = 30, 40
"""Who may push, and who may make webhooks: https://docs.gitlab.com/api/access_requests/#valid-access-levels"""
LONGEST_DESCRIPTION, LONGEST_NAME = 140, 255
MOST_REPOSITORIES = 3
"""Pages of a hundred."""
_PAGED: Mapping[str, str | int] = {"per_page": PAGE_SIZE}
_EVENTS = ("push_events", "tag_push_events", "merge_requests_events", "note_events", "releases_events")
_STATES = {
    Verdict.PENDING: "pending",
    Verdict.RUNNING: "running",
    Verdict.NEUTRAL: "pending",
    Verdict.SUCCEEDED: "success",
    Verdict.FAILED: "failed",
    Verdict.ERROR: "failed",
    Verdict.CANCELED: "canceled",
}
_OPEN = {"opened": "open", "locked": "open"}


class GitLab:
    """The Host port."""

    def __init__(self, link: Link, credentials: Credentials, clock: Clock | None = None) -> None:
        self._name = link.repository
        self._at = f"/projects/{part(link.repository)}"
        bearer = credentials.scheme.lower() == "oauth"
        token = credentials.token
        head = {"Authorization": f"Bearer {token}"} if bearer else {"PRIVATE-TOKEN": token}
        heads = {"Accept": "application/json", "User-Agent": "drivetrain", **(head if token else {})}
        self._api = Api(link.api, lambda: heads, secrets=credentials.secrets, clock=clock)
        self._me = ""

    def repository(self) -> RemoteRepository:
        """https://docs.gitlab.com/api/projects/#retrieve-a-project"""
        return _repository(self._api.get(self._at, f"show {self._name}", right="read_api"))

    def repositories(self) -> Sequence[RemoteRepository]:
        """Those that the token's account is a member of, the liveliest first."""
        query: Mapping[str, str | int] = {**_PAGED, "membership": "true", "order_by": "last_activity_at"}
        pages = self._api.pages("/projects", "list projects", right="read_api", most=MOST_REPOSITORIES, query=query)
        return [_repository(each) for each in _flat(pages)]

    def refs(self, seen: str = "") -> tuple[str, Mapping[str, str] | None]:
        """Branches and tags; of an annotated tag `target` is the tag object. There is no ETag: the mark is ours."""
        found = {f"refs/heads/{each['name']}": str(each["commit"]["id"]) for each in self._listed("branches")}
        found |= {f"refs/tags/{each['name']}": str(each["target"]) for each in self._listed("tags")}
        mark = sha256(repr(sorted(found.items())).encode()).hexdigest()
        return mark, None if mark == seen else found

    def _listed(self, kind: str) -> Iterator[Any]:
        path = f"{self._at}/repository/{kind}"
        return _flat(self._api.pages(path, f"list the {kind} of {self._name}", right="read_api", query=_PAGED))

    def pull_requests(self) -> Sequence[PullRequest]:
        """The open merge requests."""
        query = {**_PAGED, "state": "opened"}
        what = f"list the merge requests of {self._name}"
        pages = self._api.pages(f"{self._at}/merge_requests", what, right="read_api", query=query)
        return [_pull_request(each) for each in _flat(pages)]

    def pull_request(self, number: int) -> PullRequest:
        """https://docs.gitlab.com/api/merge_requests/#get-single-mr"""
        what = f"show merge request {number} of {self._name}"
        return _pull_request(self._api.get(f"{self._at}/merge_requests/{number}", what, right="read_api"))

    def may_write(self, user: str) -> bool:
        """Whether the account is a developer at least, by itself or through a group."""
        what = f"show what {user} may do in {self._name}"
        accounts = self._api.get("/users", what, right="read_api", query={"username": user})
        known = next((each["id"] for each in accounts if each["username"].lower() == user.lower()), None)
        if known is None:
            return False
        try:
            member = self._api.get(f"{self._at}/members/all/{known}", what, right="read_api")
        except NotFoundError:
            return False
        return int(member["access_level"]) >= DEVELOPER and member.get("state", "active") == "active"

    def create_webhook(self, url: str, secret: str) -> str:
        """https://docs.gitlab.com/api/project_webhooks/"""
        what, right = f"make a webhook of {self._name}", "api, as a maintainer"
        body = {"url": url, "token": secret, "enable_ssl_verification": True, **dict.fromkeys(_EVENTS, True)}
        hooks = _flat(self._api.pages(f"{self._at}/hooks", what, right=right, query=_PAGED))
        known = next((str(each["id"]) for each in hooks if each["url"] == url), "")
        if known:
            self._api.put(f"{self._at}/hooks/{known}", what, body, right=right)
            return known
        return str(self._api.post(f"{self._at}/hooks", what, body, right=right)["id"])

    def remove_webhook(self, webhook: str) -> None:
        """Take it away."""
        self._api.delete(f"{self._at}/hooks/{part(webhook)}", "remove the webhook", right="api, as a maintainer")

    def test_webhook(self, webhook: str) -> None:
        """Have it deliver a push of what is there already, which starts nothing."""
        path = f"{self._at}/hooks/{part(webhook)}/test/push_events"
        self._api.send("POST", path, "test the webhook", right="api, as a maintainer")

    def report(self, report: Report) -> str:
        """A commit status. GitLab refuses one that changes nothing, which is as good as taken.

        https://docs.gitlab.com/api/commits/#set-commit-pipeline-status
        """
        body = {
            "state": _STATES[report.verdict],
            "name": report.name[:LONGEST_NAME],
            "description": report.title[:LONGEST_DESCRIPTION],
            **({"target_url": report.url} if report.url else {}),
        }
        what = f"set the status of {report.sha[:10]}"
        try:
            self._api.post(f"{self._at}/statuses/{part(report.sha)}", what, body, right="api, as a developer")
        except UserError as error:
            if "cannot transition status" not in error.message.lower():
                raise
        return "status"

    def comment(self, pull_request: int, text: str, known: str = "") -> str:
        """A note of the merge request: https://docs.gitlab.com/api/notes/#merge-requests"""
        at = f"{self._at}/merge_requests/{pull_request}/notes"
        what, right = f"comment on merge request {pull_request} of {self._name}", "api, as a reporter"
        known = known or self._marked(at, marker(text), what)
        if known:
            try:
                self._api.put(f"{at}/{part(known)}", what, {"body": text}, right=right)
            except NotFoundError:
                pass
            else:
                return known
        return str(self._api.post(at, what, {"body": text}, right=right)["id"])

    def _marked(self, at: str, mark: str, what: str) -> str:
        """Our own note with this mark, as one is there when we were killed before its id was kept."""
        if not mark:
            return ""
        for each in _flat(self._api.pages(at, what, query=_PAGED)):
            if marker(each.get("body") or "") == mark and (each.get("author") or {}).get("username") == self._account():
                return str(each["id"])
        return ""

    def _account(self) -> str:
        self._me = self._me or str(self._api.get("/user", "say who we are", right="read_api")["username"])
        return self._me


def _flat(pages: Iterator[Any]) -> Iterator[Any]:
    for page in pages:
        yield from page


def _repository(found: Mapping[str, Any]) -> RemoteRepository:
    permissions = (found.get("permissions") or {}).values()
    return RemoteRepository(
        name=found["path_with_namespace"],
        url=found["http_url_to_repo"],
        branch=found.get("default_branch") or "main",
        page=found["web_url"],
        private=found.get("visibility") != "public",
        admin=any((each or {}).get("access_level", 0) >= MAINTAINER for each in permissions),
    )


def _pull_request(found: Mapping[str, Any]) -> PullRequest:
    """Commits of forks are in the project itself, as `refs/merge-requests/N/head`: no other address is needed."""
    return PullRequest(
        number=found["iid"],
        title=found["title"],
        author=(found.get("author") or {}).get("username", ""),
        source=f"refs/heads/{found['source_branch']}",
        head_sha=found["sha"] or "",
        target=f"refs/heads/{found['target_branch']}",
        merge_sha=found.get("merge_commit_sha") or "",
        draft=bool(found.get("draft")),
        fork=found["source_project_id"] != found["target_project_id"],
        state=_OPEN.get(found["state"], found["state"]),
        url=found["web_url"],
    )
