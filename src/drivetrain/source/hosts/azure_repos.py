"""Azure Repos, of Azure DevOps Services or Server, by a personal access token.

https://learn.microsoft.com/rest/api/azure/devops/git/
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from drivetrain.errors import NotFoundError, UserError
from drivetrain.source.events import PullRequest
from drivetrain.source.hosts.azure_subscriptions import Subscriptions
from drivetrain.source.hosts.http import Api, part
from drivetrain.source.hosts.marks import marker
from drivetrain.source.hosts.model import RemoteRepository, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from drivetrain.clock import Clock
    from drivetrain.source.hosts.credentials import Credentials
    from drivetrain.source.hosts.http import Query
    from drivetrain.source.hosts.model import Link, Report

VERSION = "7.1"
PAGE, MOST = 100, 10_000
LONGEST_DESCRIPTION = 255
_STATES = {
    Verdict.PENDING: "pending",
    Verdict.RUNNING: "pending",
    Verdict.NEUTRAL: "notApplicable",
    Verdict.SUCCEEDED: "succeeded",
    Verdict.FAILED: "failed",
    Verdict.CANCELED: "error",
    Verdict.ERROR: "error",
}
_PULL_REQUEST_STATES = {"active": "open", "completed": "merged", "abandoned": "closed"}
_TEXT = 1
"""`commentType` text: https://learn.microsoft.com/rest/api/azure/devops/git/pull-request-threads/create"""


class AzureRepos:
    """The Host port."""

    def __init__(self, link: Link, credentials: Credentials, clock: Clock | None = None) -> None:
        """The link's repository is ORGANIZATION/PROJECT/REPOSITORY; while one is chosen, ORGANIZATION will do."""
        self._name = link.repository
        organization, project, repository = (*link.repository.split("/"), "", "")[:3]
        self._organization = f"/{part(organization)}"
        self._project = project
        self._at = f"{self._organization}/{part(project)}/_apis/git/repositories/{part(repository)}"
        pair = b64encode(f"{credentials.username}:{credentials.token}".encode()).decode()
        heads = {"Accept": f"application/json;api-version={VERSION}", "User-Agent": "drivetrain"}
        heads |= {"Authorization": f"Basic {pair}"} if credentials.token else {}
        self._api = Api(link.api, lambda: heads, secrets=(*credentials.secrets, pair), clock=clock)
        self._me = ""
        self._subscriptions = Subscriptions(self._api, self._organization)

    def _get(self, path: str, what: str, right: str, query: Query | None = None) -> Any:
        """The JSON at a path. An anonymous or foreign token is sent to a page to sign in, with status 203 or 302.

        https://learn.microsoft.com/azure/devops/integrate/get-started/authentication/authentication-guidance
        """
        answer = self._api.send("GET", path, what, right=right, query=query)
        if answer.status == 203:  # noqa: PLR2004 - named in the docstring
            raise UserError(f"{self._api.host} does not take the credentials", hint="renew the token of the connection")
        return answer.json()

    def repository(self) -> RemoteRepository:
        """The repository; who may list service hooks may make some."""
        found = self._get(self._at, f"show {self._name}", "Code: read")
        return self._repository(found, admin=self._subscriptions.may_make())

    def _repository(self, found: Mapping[str, Any], *, admin: bool = False) -> RemoteRepository:
        url, organization = urlsplit(found["remoteUrl"]), self._name.partition("/")[0]
        return RemoteRepository(
            name=f"{organization}/{found['project']['name']}/{found['name']}",
            url=url._replace(netloc=url.netloc.rpartition("@")[2]).geturl(),
            branch=(found.get("defaultBranch") or "refs/heads/main").removeprefix("refs/heads/"),
            page=found.get("webUrl") or "",
            private=found["project"].get("visibility") != "public",
            admin=admin,
        )

    def repositories(self) -> Sequence[RemoteRepository]:
        """All of the organization that the token may see."""
        found = self._get(f"{self._organization}/_apis/git/repositories", "list repositories", "Code: read")
        return [self._repository(each) for each in found["value"] if not each.get("isDisabled")]

    def refs(self, seen: str = "") -> tuple[str, Mapping[str, str] | None]:
        """Branches and tags; of an annotated tag the tag object. There is no ETag: the mark is ours."""
        found = {each["name"]: each["objectId"] for kind in ("heads/", "tags/") for each in self._refs(kind)}
        mark = sha256(repr(sorted(found.items())).encode()).hexdigest()
        return mark, None if mark == seen else found

    def _refs(self, kind: str) -> Iterator[Mapping[str, Any]]:
        """https://learn.microsoft.com/rest/api/azure/devops/git/refs/list"""
        token = ""
        for _ in range(MOST // PAGE):
            query: Query = {"filter": kind, "$top": 1000, **({"continuationToken": token} if token else {})}
            what = f"list the refs of {self._name}"
            answer = self._api.send("GET", f"{self._at}/refs", what, right="Code: read", query=query)
            yield from answer.json()["value"]
            token = answer.headers.get("x-ms-continuationtoken", "")
            if not token:
                return

    def pull_requests(self) -> Sequence[PullRequest]:
        """The active ones."""
        found: list[PullRequest] = []
        what = f"list the pull requests of {self._name}"
        for skip in range(0, MOST, PAGE):
            query: Query = {"searchCriteria.status": "active", "$top": PAGE, "$skip": skip}
            page = self._get(f"{self._at}/pullrequests", what, "Code: read", query)["value"]
            found += [self._pull_request(each) for each in page]
            if len(page) < PAGE:
                break
        return found

    def pull_request(self, number: int) -> PullRequest:
        """One of them."""
        what = f"show pull request {number} of {self._name}"
        return self._pull_request(self._get(f"{self._at}/pullrequests/{number}", what, "Code: read"))

    def _pull_request(self, found: Mapping[str, Any]) -> PullRequest:
        fork = (found.get("forkSource") or {}).get("repository") or {}
        return PullRequest(
            number=found["pullRequestId"],
            title=found["title"],
            author=(found.get("createdBy") or {}).get("uniqueName", ""),
            source=found["sourceRefName"],
            head_sha=_commit(found, "lastMergeSourceCommit"),
            target=found["targetRefName"],
            base_sha=_commit(found, "lastMergeTargetCommit"),
            merge_sha=_commit(found, "lastMergeCommit"),
            draft=bool(found.get("isDraft")),
            fork=bool(found.get("forkSource")),
            state=_PULL_REQUEST_STATES.get(found["status"], found["status"]),
            url=f"{self._api.base}/{self._name_in_url()}/pullrequest/{found['pullRequestId']}",
            source_url=fork.get("remoteUrl") or "",
        )

    def _name_in_url(self) -> str:
        organization, project, repository = (part(each) for each in (*self._name.split("/"), "", "")[:3])
        return f"{organization}/{project}/_git/{repository}"

    def may_write(self, user: str) -> bool:
        """Whether the account, by its sign-in name, is in a team of the project: Azure DevOps tells the rights of
        others to administrators only. https://learn.microsoft.com/rest/api/azure/devops/core/teams
        """
        what, right = f"show what {user} may do in {self._name}", "Project and team: read"
        at = f"{self._organization}/_apis/projects/{part(self._project)}/teams"
        for team in self._get(at, what, right)["value"]:
            members = self._get(f"{at}/{part(team['id'])}/members", what, right)["value"]
            if any(each["identity"].get("uniqueName", "").lower() == user.lower() != "" for each in members):
                return True
        return False

    def create_webhook(self, url: str, secret: str) -> str:
        """Service hooks, one for each kind of event; their ids, with commas between."""
        found = self._get(self._at, f"show {self._name}", "Code: read")
        return self._subscriptions.make(url, secret, found["project"]["id"], found["id"])

    def remove_webhook(self, webhook: str) -> None:
        """Take them away."""
        self._subscriptions.remove(webhook)

    def test_webhook(self, webhook: str) -> None:
        """Have the first of them deliver an example."""
        self._subscriptions.test(webhook)

    def report(self, report: Report) -> str:
        """https://learn.microsoft.com/rest/api/azure/devops/git/statuses/create"""
        body = {
            "state": _STATES[report.verdict],
            "description": report.title[:LONGEST_DESCRIPTION],
            "context": {"name": report.name, "genre": "drivetrain"},
            **({"targetUrl": report.url} if report.url else {}),
        }
        what = f"set the status of {report.sha[:10]}"
        self._api.post(f"{self._at}/commits/{part(report.sha)}/statuses", what, body, right="Code: status")
        return "status"

    def comment(self, pull_request: int, text: str, known: str = "") -> str:
        """A thread of its own, which is closed: nobody has to resolve it. Its id and the comment's come back."""
        at = f"{self._at}/pullRequests/{pull_request}/threads"
        what, right = f"comment on pull request {pull_request} of {self._name}", "Code: write"
        known = known or self._marked(at, marker(text), what)
        if known:
            thread, _, comment = known.partition("/")
            try:
                self._api.patch(f"{at}/{part(thread)}/comments/{part(comment)}", what, {"content": text}, right=right)
            except NotFoundError:
                pass
            else:
                return known
        first = {"parentCommentId": 0, "content": text, "commentType": _TEXT}
        made = self._api.post(at, what, {"comments": [first], "status": "closed"}, right=right)
        return f"{made['id']}/{made['comments'][0]['id']}"

    def _marked(self, at: str, mark: str, what: str) -> str:
        """Our own comment with this mark, as one is there when we were killed before its id was kept."""
        if not mark:
            return ""
        for thread in self._get(at, what, "Code: read")["value"]:
            for each in thread.get("comments") or ():
                ours = (each.get("author") or {}).get("id") == self._account()
                if ours and not each.get("isDeleted") and marker(each.get("content") or "") == mark:
                    return f"{thread['id']}/{each['id']}"
        return ""

    def _account(self) -> str:
        if not self._me:
            found = self._get(f"{self._organization}/_apis/connectionData", "say who we are", "any")
            self._me = str(found["authenticatedUser"]["id"])
        return self._me


def _commit(found: Mapping[str, Any], name: str) -> str:
    return str((found.get(name) or {}).get("commitId") or "")
