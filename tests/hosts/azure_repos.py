"""Azure Repos, in the shapes of the REST API's pages.

https://learn.microsoft.com/rest/api/azure/devops/git/
"""

from __future__ import annotations

import re
from base64 import b64encode
from typing import TYPE_CHECKING, Any

from drivetrain.source.hosts.credentials import Credentials
from drivetrain.source.hosts.model import HostKind
from tests.hosts.serving import ME, TOKEN, Comment, FakeHost, Hook, Reply, Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.source.events import PullRequest

PAGE = 2
SUBSCRIPTION = {
    "publisherId", "eventType", "resourceVersion", "consumerId", "consumerActionId", "publisherInputs",
    "consumerInputs",
}  # fmt: skip
STATUS = {"state", "description", "context", "targetUrl"}
STATES = {"notSet", "pending", "succeeded", "failed", "error", "notApplicable"}


class FakeAzureRepos(FakeHost):
    kind = HostKind.AZURE_REPOS
    organization = "contoso"

    def __init__(self) -> None:
        super().__init__()
        self.state.name = "contoso/acme/churn"
        self.subscriptions: dict[str, dict[str, Any]] = {}
        self.threads: dict[int, dict[str, str]] = {}

    def credentials(self) -> Credentials:
        return Credentials("Token", {"apitoken": TOKEN})

    def signed_in(self, request: Request) -> bool:
        return request.headers.get("Authorization") == f"Basic {b64encode(f':{TOKEN}'.encode()).decode()}"

    def answer(self, request: Request) -> Reply:
        if "/_apis/git/repositories/" in request.path and "/acme/_apis/git/repositories/churn" not in request.path:
            return Reply(404, {"message": "TF401019: The Git repository does not exist.", "typeKey": "GitRepository"})
        assert "api-version=7.1" in request.headers.get("Accept", "")
        path = request.path.replace("/contoso/acme/_apis/git/repositories/churn", "/R").replace("/contoso", "")
        verb = f"{request.method} {path}"
        for pattern, answer in _ANSWERS.items():
            if found := re.fullmatch(pattern, verb):
                return answer(self, request, *found.groups())
        raise AssertionError(f"Azure DevOps has no {verb}")

    def repository(self, name: str = "churn") -> dict[str, Any]:
        where = f"dev.azure.com/contoso/acme/_git/{name}"
        return {
            "id": "f0", "name": name, "defaultBranch": f"refs/heads/{self.state.branch}", "isDisabled": False,
            "remoteUrl": f"https://contoso@{where}", "webUrl": f"https://{where}",
            "project": {"id": "p0", "name": "acme", "visibility": "private" if self.state.private else "public"},
        }  # fmt: skip

    def pull(self, each: PullRequest) -> dict[str, Any]:
        states = {"open": "active", "closed": "abandoned", "merged": "completed"}
        fork = {"forkSource": {"repository": {"remoteUrl": "https://dev.azure.com/contoso/s/_git/churn"}}}
        return {
            "pullRequestId": each.number, "title": each.title, "createdBy": {"uniqueName": each.author},
            "isDraft": each.draft, "status": states[each.state], "sourceRefName": each.source,
            "targetRefName": each.target, "lastMergeSourceCommit": {"commitId": each.head_sha},
            "lastMergeTargetCommit": {"commitId": each.base_sha},
            **({"lastMergeCommit": {"commitId": each.merge_sha}} if each.merge_sha else {}),
            **(fork if each.fork else {}),
        }  # fmt: skip

    def show(self, _request: Request) -> Reply:
        return Reply(200, self.repository())

    def mine(self, _request: Request) -> Reply:
        every = [self.repository(), *(self.repository(f"other{each}") for each in range(3))]
        return Reply(200, {"value": every, "count": len(every)})

    def refs(self, request: Request) -> Reply:
        kind, start = request.query["filter"], int(request.query.get("continuationToken", "0"))
        every = [
            {"name": ref, "objectId": sha} for ref, sha in self.state.refs.items() if ref.startswith(f"refs/{kind}")
        ]
        headers = {"x-ms-continuationtoken": str(start + PAGE)} if len(every) > start + PAGE else {}
        return Reply(200, {"value": every[start : start + PAGE]}, headers)

    def pulls(self, request: Request) -> Reply:
        skip, top = int(request.query["$skip"]), int(request.query["$top"])
        every = [self.pull(each) for each in self.state.pulls.values() if each.state == "open"]
        return Reply(200, {"value": every[skip : skip + top]})

    def one_pull(self, _request: Request, number: str) -> Reply:
        found = self.state.pulls.get(int(number))
        return (
            Reply(200, self.pull(found))
            if found
            else Reply(404, {"message": "TF401180: The pull request was not found"})
        )

    def teams(self, _request: Request) -> Reply:
        return Reply(200, {"value": [{"id": "t1"}, {"id": "t2"}]})

    def members(self, _request: Request, team: str) -> Reply:
        names = sorted(self.state.writers) if team == "t2" else []
        return Reply(200, {"value": [{"identity": {"uniqueName": name}} for name in names]})

    def hooks(self, _request: Request) -> Reply:
        if not self.state.admin:
            return Reply(403, {"message": "TF50309: the following permissions are needed"})
        return Reply(200, {"value": [{"id": known, **each} for known, each in self.subscriptions.items()]})

    def new_hook(self, request: Request) -> Reply:
        return self._keep(request, self.state.id())

    def change_hook(self, request: Request, known: str) -> Reply:
        return self._keep(request, known)

    def _keep(self, request: Request, known: str) -> Reply:
        said = request.json()
        assert set(said) == SUBSCRIPTION
        assert said["publisherInputs"] == {"projectId": "p0", "repository": "f0"}
        inputs = said["consumerInputs"]
        assert set(inputs) == {"url", "basicAuthUsername", "basicAuthPassword"}
        self.subscriptions[known] = said
        self._tell()
        return Reply(200, {"id": known, **said})

    def _tell(self) -> None:
        """Those of one url are one webhook to everybody else."""
        self.state.hooks = {
            each["consumerInputs"]["url"]: Hook(
                each["consumerInputs"]["url"], each["consumerInputs"]["basicAuthPassword"], []
            )
            for each in self.subscriptions.values()
        }

    def one_hook(self, _request: Request, known: str) -> Reply:
        return Reply(200, {"id": known, **self.subscriptions[known]})

    def drop_hook(self, _request: Request, known: str) -> Reply:
        gone = self.subscriptions.pop(known, None)
        self._tell()
        return Reply(204) if gone else Reply(404, {"message": "TF50309: no such subscription"})

    def try_hook(self, request: Request) -> Reply:
        self.state.pinged.append(request.json()["subscriptionId"])
        return Reply(200, {"id": 1})

    def status(self, request: Request, sha: str) -> Reply:
        said = request.json()
        assert set(said) <= STATUS
        assert said["state"] in STATES
        found = {"sha": sha, "name": said["context"]["name"], "state": said["state"], "title": said["description"]}
        self.state.statuses.append({**found, "url": said.get("targetUrl", "")})
        return Reply(201, {"id": 1, **said})

    def who(self, _request: Request) -> Reply:
        return Reply(200, {"authenticatedUser": {"id": ME}})

    def comments(self, _request: Request, number: str) -> Reply:
        found = self.state.comments.get(int(number), [])
        threads = [
            {
                "id": int(each.id) + 1000,
                "comments": [{"id": int(each.id), "author": {"id": each.author}, "content": each.text}],
            }
            for each in found
        ]
        return Reply(200, {"value": threads})

    def new_comment(self, request: Request, number: str) -> Reply:
        said = request.json()
        assert set(said) == {"comments", "status"}
        made = Comment(self.state.id(), ME, said["comments"][0]["content"])
        self.state.comments.setdefault(int(number), []).append(made)
        return Reply(200, {"id": int(made.id) + 1000, "comments": [{"id": int(made.id)}]})

    def change_comment(self, request: Request, number: str, thread: str, known: str) -> Reply:
        for each in self.state.comments.get(int(number), []):
            if each.id == known and int(thread) == int(known) + 1000:
                each.text = request.json()["content"]
                return Reply(200, {"id": int(known)})
        return Reply(404, {"message": "TF401181: The comment was not found"})


_ANSWERS: dict[str, Callable[..., Reply]] = {
    "GET /R": FakeAzureRepos.show,
    "GET /_apis/git/repositories": FakeAzureRepos.mine,
    "GET /R/refs": FakeAzureRepos.refs,
    "GET /R/pullrequests": FakeAzureRepos.pulls,
    r"GET /R/pullrequests/(\d+)": FakeAzureRepos.one_pull,
    "GET /_apis/projects/acme/teams": FakeAzureRepos.teams,
    r"GET /_apis/projects/acme/teams/(\w+)/members": FakeAzureRepos.members,
    "GET /_apis/hooks/subscriptions": FakeAzureRepos.hooks,
    "POST /_apis/hooks/subscriptions": FakeAzureRepos.new_hook,
    r"GET /_apis/hooks/subscriptions/(\d+)": FakeAzureRepos.one_hook,
    r"PUT /_apis/hooks/subscriptions/(\d+)": FakeAzureRepos.change_hook,
    r"DELETE /_apis/hooks/subscriptions/(\d+)": FakeAzureRepos.drop_hook,
    "POST /_apis/hooks/testnotifications": FakeAzureRepos.try_hook,
    r"POST /R/commits/([0-9a-f]+)/statuses": FakeAzureRepos.status,
    "GET /_apis/connectionData": FakeAzureRepos.who,
    r"GET /R/pullRequests/(\d+)/threads": FakeAzureRepos.comments,
    r"POST /R/pullRequests/(\d+)/threads": FakeAzureRepos.new_comment,
    r"PATCH /R/pullRequests/(\d+)/threads/(\d+)/comments/(\d+)": FakeAzureRepos.change_comment,
}
