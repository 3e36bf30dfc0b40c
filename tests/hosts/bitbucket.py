"""Bitbucket Cloud, in the shapes of its REST API's pages.

https://developer.atlassian.com/cloud/bitbucket/rest/
"""

from __future__ import annotations

import re
from base64 import b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from drivetrain.source.hosts.credentials import Credentials
from drivetrain.source.hosts.model import HostKind
from tests.hosts.serving import ME, TOKEN, Comment, FakeHost, Hook, Reply, Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.source.events import PullRequest

PAGE = 2
USER = "bot@example.com"
SHORT = 12
HOOK = {"description", "url", "active", "secret", "events", "skip_cert_verification"}
STATUS = {"key", "state", "name", "description", "url", "refname"}
STATES = {"INPROGRESS", "SUCCESSFUL", "FAILED", "STOPPED"}
REPORT = {"title", "details", "report_type", "reporter", "result", "link", "data", "logo_url", "external_id"}
ANNOTATION = {"external_id", "annotation_type", "summary", "details", "path", "line", "severity", "result", "link"}


class FakeBitbucket(FakeHost):
    kind = HostKind.BITBUCKET
    prefix = "/2.0"
    tells_refs = False

    def __init__(self) -> None:
        self.reports: dict[str, dict[str, Any]] = {}
        self.annotations: dict[str, dict[str, Any]] = {}
        super().__init__()

    def credentials(self) -> Credentials:
        return Credentials("UsernamePassword", {"username": USER, "password": TOKEN})

    def signed_in(self, request: Request) -> bool:
        pair = b64encode(f"{USER}:{TOKEN}".encode()).decode()
        return request.headers.get("Authorization") in {f"Basic {pair}", f"Bearer {TOKEN}"}

    def answer(self, request: Request) -> Reply:
        path = request.path.removeprefix(self.prefix)
        if re.match(r"/repositories/[^/]+/", path) and not path.startswith(
            (f"/repositories/{self.state.name}", "/repositories/stranger/churn")
        ):
            return Reply(404, {"type": "error", "error": {"message": "No such repository"}})
        verb = f"{request.method} {path.replace(self.state.name, 'R')}"
        for pattern, answer in _ANSWERS.items():
            if found := re.fullmatch(pattern, verb):
                return answer(self, request, *found.groups())
        raise AssertionError(f"Bitbucket has no {verb}")

    def repository(self, name: str = "") -> dict[str, Any]:
        name = name or self.state.name
        clones = [
            {"name": "ssh", "href": f"git@bitbucket.org:{name}.git"},
            {"name": "https", "href": f"https://bot@bitbucket.org/{name}.git"},
        ]
        links = {"clone": clones, "html": {"href": f"https://bitbucket.org/{name}"}}
        branch = {"name": self.state.branch, "type": "branch"}
        return {"full_name": name, "links": links, "mainbranch": branch, "is_private": self.state.private}

    def pull(self, each: PullRequest) -> dict[str, Any]:
        home = "stranger/churn" if each.fork else self.state.name
        states = {"open": "OPEN", "closed": "DECLINED", "merged": "MERGED"}
        return {
            "id": each.number, "title": each.title, "author": {"nickname": each.author, "display_name": "Somebody"},
            "draft": each.draft, "state": states[each.state], "links": {"html": {"href": each.url}},
            "merge_commit": {"hash": each.merge_sha[:SHORT]} if each.merge_sha else None,
            "source": {"branch": {"name": each.source.removeprefix("refs/heads/")}, "repository": {"full_name": home},
                       "commit": {"hash": each.head_sha[:SHORT]}},
            "destination": {"branch": {"name": each.target.removeprefix("refs/heads/")},
                            "repository": {"full_name": self.state.name}, "commit": {"hash": each.base_sha[:SHORT]}},
        }  # fmt: skip

    def paged(self, request: Request, every: list[Any]) -> Reply:
        page = int(request.query.get("page", "1"))
        where = quote(request.path.removeprefix(self.prefix))
        more = {"next": f"{self.api}{where}?page={page + 1}"} if len(every) > page * PAGE else {}
        return Reply(200, {"values": every[(page - 1) * PAGE : page * PAGE], "page": page, **more})

    def show(self, _request: Request) -> Reply:
        return Reply(200, self.repository())

    def mine(self, request: Request, _workspace: str = "") -> Reply:
        return self.paged(request, [self.repository(), *(self.repository(f"acme/other{each}") for each in range(3))])

    def refs(self, request: Request) -> Reply:
        every = [
            {"name": ref.split("/", 2)[2], "type": "tag" if "/tags/" in ref else "branch", "target": {"hash": sha}}
            for ref, sha in self.state.refs.items()
        ]
        return self.paged(request, every)

    def commit(self, _request: Request, _repository: str, short: str) -> Reply:
        return Reply(200, {"hash": short[0] * 40, "type": "commit"})

    def pulls(self, request: Request) -> Reply:
        return self.paged(request, [self.pull(each) for each in self.state.pulls.values() if each.state == "open"])

    def one_pull(self, _request: Request, number: str) -> Reply:
        found = self.state.pulls.get(int(number))
        return Reply(200, self.pull(found)) if found else Reply(404, {"error": {"message": "Not found"}})

    def permissions(self, request: Request, workspace: str, slug: str) -> Reply:
        assert f"{workspace}/{slug}" == self.state.name
        names = ["x", "y", "ada", "eve"]
        every = [
            {
                "user": {"nickname": name, "account_id": f"5:{name}", "uuid": f"{{{name}}}"},
                "permission": "write" if name in self.state.writers else "read",
            }
            for name in names
        ]
        return self.paged(request, every)

    def hooks(self, request: Request) -> Reply:
        return self.paged(request, [{"uuid": known, "url": each.url} for known, each in self.state.hooks.items()])

    def new_hook(self, request: Request) -> Reply:
        return self._keep(request, f"{{{self.state.id()}}}", 201)

    def change_hook(self, request: Request, known: str) -> Reply:
        return self._keep(request, known, 200)

    def _keep(self, request: Request, known: str, status: int) -> Reply:
        said = request.json()
        assert set(said) <= HOOK, f"a webhook has no {set(said) - HOOK}"
        self.state.hooks[known] = Hook(said["url"], said["secret"], said["events"])
        return Reply(status, {"uuid": known, "url": said["url"]})

    def drop_hook(self, _request: Request, known: str) -> Reply:
        return Reply(204) if self.state.hooks.pop(known, None) else Reply(404, {"error": {"message": "Not found"}})

    def status(self, request: Request, sha: str) -> Reply:
        said = request.json()
        assert set(said) <= STATUS
        assert said["state"] in STATES
        assert said["url"].startswith("http")
        assert len(said["key"]) <= 40
        found = {"sha": sha, "name": said["name"], "state": said["state"], "title": said["description"]}
        self.state.statuses.append({**found, "url": said["url"]})
        return Reply(201, {"key": said["key"], "state": said["state"]})

    def report(self, request: Request, _sha: str, known: str) -> Reply:
        said = request.json()
        assert set(said) <= REPORT
        self.reports[known] = said
        return Reply(200, {"uuid": known, **said})

    def annotate(self, request: Request, _sha: str, known: str) -> Reply:
        assert known in self.reports
        said = request.json()
        assert 0 < len(said) <= 100
        assert all(set(each) <= ANNOTATION for each in said)
        self.annotations |= {each["external_id"]: each for each in said}
        return Reply(200, said)

    def who(self, _request: Request) -> Reply:
        return Reply(200, {"uuid": f"{{{ME}}}", "nickname": ME})

    def comments(self, request: Request, number: str) -> Reply:
        every = [
            {
                "id": int(each.id),
                "user": {"uuid": f"{{{each.author}}}"},
                "content": {"raw": each.text},
                "deleted": False,
            }
            for each in self.state.comments.get(int(number), [])
        ]
        return self.paged(request, every)

    def new_comment(self, request: Request, number: str) -> Reply:
        made = Comment(self.state.id(), ME, request.json()["content"]["raw"])
        self.state.comments.setdefault(int(number), []).append(made)
        return Reply(201, {"id": int(made.id)})

    def change_comment(self, request: Request, number: str, known: str) -> Reply:
        for each in self.state.comments.get(int(number), []):
            if each.id == known:
                each.text = request.json()["content"]["raw"]
                return Reply(200, {"id": int(known)})
        return Reply(404, {"error": {"message": "Not found"}})


_ANSWERS: dict[str, Callable[..., Reply]] = {
    "GET /repositories/R": FakeBitbucket.show,
    r"GET /repositories/([^/]+)": FakeBitbucket.mine,
    "GET /repositories": FakeBitbucket.mine,
    "GET /repositories/R/refs": FakeBitbucket.refs,
    r"GET /repositories/(R|stranger/churn)/commit/([0-9a-f]+)": FakeBitbucket.commit,
    "GET /repositories/R/pullrequests": FakeBitbucket.pulls,
    r"GET /repositories/R/pullrequests/(\d+)": FakeBitbucket.one_pull,
    r"GET /workspaces/([^/]+)/permissions/repositories/([^/]+)": FakeBitbucket.permissions,
    "GET /repositories/R/hooks": FakeBitbucket.hooks,
    "POST /repositories/R/hooks": FakeBitbucket.new_hook,
    r"PUT /repositories/R/hooks/(\{\w+\})": FakeBitbucket.change_hook,
    r"DELETE /repositories/R/hooks/(\{\w+\})": FakeBitbucket.drop_hook,
    r"POST /repositories/R/commit/([0-9a-f]{40})/statuses/build": FakeBitbucket.status,
    r"PUT /repositories/R/commit/([0-9a-f]{40})/reports/([\w-]+)": FakeBitbucket.report,
    r"POST /repositories/R/commit/([0-9a-f]{40})/reports/([\w-]+)/annotations": FakeBitbucket.annotate,
    "GET /user": FakeBitbucket.who,
    r"GET /repositories/R/pullrequests/(\d+)/comments": FakeBitbucket.comments,
    r"POST /repositories/R/pullrequests/(\d+)/comments": FakeBitbucket.new_comment,
    r"PUT /repositories/R/pullrequests/(\d+)/comments/(\d+)": FakeBitbucket.change_comment,
}
