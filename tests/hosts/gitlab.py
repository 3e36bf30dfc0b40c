"""GitLab, in the shapes of its REST API's pages. Bodies may have no names but those that the pages have.

https://docs.gitlab.com/api/rest/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from drivetrain.source.hosts.credentials import Credentials
from drivetrain.source.hosts.model import HostKind
from tests.hosts.serving import ME, TOKEN, Comment, FakeHost, Hook, Reply, Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.source.events import PullRequest

PAGE = 2
HOOK = {
    "url", "token", "enable_ssl_verification", "push_events", "tag_push_events", "merge_requests_events",
    "note_events", "releases_events",
}  # fmt: skip
STATUS = {"state", "name", "description", "target_url", "ref", "coverage", "context", "pipeline_id"}
STATES = {"pending", "running", "success", "failed", "canceled", "skipped"}
IDS = {"ada": 11, "eve": 12}


class FakeGitLab(FakeHost):
    kind = HostKind.GITLAB
    prefix = "/api/v4"
    tells_base = False
    tells_fork = False

    def credentials(self) -> Credentials:
        return Credentials("UsernamePassword", {"password": TOKEN})

    def signed_in(self, request: Request) -> bool:
        return request.headers.get("PRIVATE-TOKEN") == TOKEN

    def answer(self, request: Request) -> Reply:
        path = request.path.removeprefix(self.prefix)
        if path.startswith("/projects/"):
            assert "%2F" in request.target, "the path of a project is one part"
            if not path.startswith(f"/projects/{self.state.name}"):
                return Reply(404, {"message": "404 Project Not Found"})
        verb = f"{request.method} {path.replace(self.state.name, 'P')}"
        for pattern, answer in _ANSWERS.items():
            if found := re.fullmatch(pattern, verb):
                return answer(self, request, *found.groups())
        raise AssertionError(f"GitLab has no {verb}")

    def repository(self, name: str = "") -> dict[str, Any]:
        name = name or self.state.name
        level = 40 if self.state.admin else 30
        return {
            "id": 5, "path_with_namespace": name, "http_url_to_repo": f"https://gitlab.example.com/{name}.git",
            "default_branch": self.state.branch, "web_url": f"https://gitlab.example.com/{name}",
            "visibility": "private" if self.state.private else "public",
            "permissions": {"project_access": {"access_level": level}, "group_access": None},
        }  # fmt: skip

    def merge_request(self, each: PullRequest) -> dict[str, Any]:
        return {
            "iid": each.number, "title": each.title, "author": {"username": each.author}, "draft": each.draft,
            "state": "opened" if each.state == "open" else each.state, "sha": each.head_sha,
            "merge_commit_sha": each.merge_sha or None, "web_url": each.url,
            "source_branch": each.source.removeprefix("refs/heads/"),
            "target_branch": each.target.removeprefix("refs/heads/"),
            "source_project_id": 6 if each.fork else 5, "target_project_id": 5,
        }  # fmt: skip

    def paged(self, request: Request, every: list[Any]) -> Reply:
        page = int(request.query.get("page", "1"))
        where = request.target.partition("?")[0].removeprefix(self.prefix)
        headers = {"Link": f'<{self.api}{where}?page={page + 1}>; rel="next"'} if len(every) > page * PAGE else {}
        return Reply(200, every[(page - 1) * PAGE : page * PAGE], headers)

    def show(self, _request: Request) -> Reply:
        return Reply(200, self.repository())

    def mine(self, request: Request) -> Reply:
        return self.paged(request, [self.repository(), *(self.repository(f"acme/other{each}") for each in range(3))])

    def branches(self, request: Request) -> Reply:
        names = {ref.removeprefix("refs/heads/"): sha for ref, sha in self.state.refs.items() if "/heads/" in ref}
        return self.paged(request, [{"name": name, "commit": {"id": sha}} for name, sha in names.items()])

    def tags(self, request: Request) -> Reply:
        names = {ref.removeprefix("refs/tags/"): sha for ref, sha in self.state.refs.items() if "/tags/" in ref}
        every = [{"name": name, "target": sha, "commit": {"id": "e" * 40}} for name, sha in names.items()]
        return self.paged(request, every)

    def pulls(self, request: Request) -> Reply:
        found = [self.merge_request(each) for each in self.state.pulls.values() if each.state == "open"]
        return self.paged(request, found)

    def one_pull(self, _request: Request, number: str) -> Reply:
        found = self.state.pulls.get(int(number))
        return Reply(200, self.merge_request(found)) if found else Reply(404, {"message": "404 Not found"})

    def users(self, request: Request) -> Reply:
        name = request.query["username"]
        return Reply(200, [{"id": IDS[name], "username": name}] if name in IDS else [])

    def member(self, _request: Request, known: str) -> Reply:
        name = next(name for name, each in IDS.items() if each == int(known))
        level = 30 if name in self.state.writers else 20
        return Reply(200, {"id": int(known), "username": name, "access_level": level, "state": "active"})

    def hooks(self, request: Request) -> Reply:
        return self.paged(request, [{"id": int(known), "url": each.url} for known, each in self.state.hooks.items()])

    def new_hook(self, request: Request) -> Reply:
        return self._keep(request, self.state.id(), 201)

    def change_hook(self, request: Request, known: str) -> Reply:
        return self._keep(request, known, 200)

    def _keep(self, request: Request, known: str, status: int) -> Reply:
        said = request.json()
        assert set(said) <= HOOK, f"a webhook has no {set(said) - HOOK}"
        self.state.hooks[known] = Hook(said["url"], said["token"], [each for each in said if said[each] is True])
        return Reply(status, {"id": int(known), "url": said["url"]})

    def drop_hook(self, _request: Request, known: str) -> Reply:
        return Reply(204) if self.state.hooks.pop(known, None) else Reply(404, {"message": "404 Not found"})

    def try_hook(self, _request: Request, known: str) -> Reply:
        self.state.pinged.append(known)
        return Reply(201, {"message": "201 Created"})

    def status(self, request: Request, sha: str) -> Reply:
        said = request.json()
        assert set(said) <= STATUS
        assert said["state"] in STATES
        before = [each for each in self.state.statuses if (each["sha"], each["name"]) == (sha, said["name"])]
        if before and before[-1]["state"] == said["state"] == "running":
            message = 'Cannot transition status via :run from :running (Reason(s): Status cannot transition via "run")'
            return Reply(400, {"message": message})
        title, url = said["description"], said.get("target_url", "")
        self.state.statuses.append(
            {"sha": sha, "name": said["name"], "state": said["state"], "title": title, "url": url}
        )
        return Reply(201, {"id": 1, "status": said["state"], "name": said["name"]})

    def who(self, _request: Request) -> Reply:
        return Reply(200, {"id": 1, "username": ME})

    def comments(self, request: Request, number: str) -> Reply:
        found = self.state.comments.get(int(number), [])
        return self.paged(
            request, [{"id": int(each.id), "author": {"username": each.author}, "body": each.text} for each in found]
        )

    def new_comment(self, request: Request, number: str) -> Reply:
        assert set(request.json()) == {"body"}
        made = Comment(self.state.id(), ME, request.json()["body"])
        self.state.comments.setdefault(int(number), []).append(made)
        return Reply(201, {"id": int(made.id), "body": made.text})

    def change_comment(self, request: Request, number: str, known: str) -> Reply:
        for each in self.state.comments.get(int(number), []):
            if each.id == known:
                each.text = request.json()["body"]
                return Reply(200, {"id": int(known), "body": each.text})
        return Reply(404, {"message": "404 Not found"})


_ANSWERS: dict[str, Callable[..., Reply]] = {
    "GET /projects/P": FakeGitLab.show,
    "GET /projects": FakeGitLab.mine,
    "GET /projects/P/repository/branches": FakeGitLab.branches,
    "GET /projects/P/repository/tags": FakeGitLab.tags,
    "GET /projects/P/merge_requests": FakeGitLab.pulls,
    r"GET /projects/P/merge_requests/(\d+)": FakeGitLab.one_pull,
    "GET /users": FakeGitLab.users,
    "GET /user": FakeGitLab.who,
    r"GET /projects/P/members/all/(\d+)": FakeGitLab.member,
    "GET /projects/P/hooks": FakeGitLab.hooks,
    "POST /projects/P/hooks": FakeGitLab.new_hook,
    r"PUT /projects/P/hooks/(\d+)": FakeGitLab.change_hook,
    r"DELETE /projects/P/hooks/(\d+)": FakeGitLab.drop_hook,
    r"POST /projects/P/hooks/(\d+)/test/push_events": FakeGitLab.try_hook,
    r"POST /projects/P/statuses/([0-9a-f]+)": FakeGitLab.status,
    r"GET /projects/P/merge_requests/(\d+)/notes": FakeGitLab.comments,
    r"POST /projects/P/merge_requests/(\d+)/notes": FakeGitLab.new_comment,
    r"PUT /projects/P/merge_requests/(\d+)/notes/(\d+)": FakeGitLab.change_comment,
}
