"""Gitea, in the shapes of its API's description: requests and answers are read by the models that are generated of it.

https://docs.gitea.com/api
"""

from __future__ import annotations

import importlib
import re
import sys
from functools import cache
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any

from drivetrain.source.hosts.credentials import Credentials
from drivetrain.source.hosts.model import HostKind
from tests.hosts.serving import ME, TOKEN, Comment, FakeHost, Hook, Reply, Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.source.events import PullRequest

PAGE = 2


@cache
def model(name: str) -> Any:
    """A model of gitea-api-client. Its packages import every one of them, for seconds: they are passed by."""
    for package in ("gitea_api_client", "gitea_api_client.models"):
        if package not in sys.modules:
            found = find_spec(package)
            assert found is not None
            sys.modules[package] = made = ModuleType(package)
            made.__path__ = list(found.submodule_search_locations or ())
    module = re.sub(r"(?<!^)(?<![A-Z])(?=[A-Z])", "_", name).lower()
    return getattr(importlib.import_module(f"gitea_api_client.models.{module}"), name)


def described(name: str, value: Any) -> Any:
    """The value; fails when it is not as the model says, or has names that it does not."""
    known = {field.alias or each for each, field in model(name).model_fields.items()}
    assert set(value) <= known, f"{name} has no {set(value) - known}"
    model(name).model_validate(value, strict=False)
    return value


class FakeGitea(FakeHost):
    kind = HostKind.GITEA
    prefix = "/api/v1"

    def credentials(self) -> Credentials:
        return Credentials("Token", {"apitoken": TOKEN})

    def signed_in(self, request: Request) -> bool:
        return request.headers.get("Authorization") == f"token {TOKEN}"

    def answer(self, request: Request) -> Reply:
        path = request.path.removeprefix(self.prefix)
        if path.startswith("/repos/") and not path.startswith(f"/repos/{self.state.name}"):
            return Reply(404, {"message": "not found"})
        verb = f"{request.method} {path.replace(self.state.name, 'R')}"
        for pattern, answer in _ANSWERS.items():
            if found := re.fullmatch(pattern, verb):
                return answer(self, request, *found.groups())
        raise AssertionError(f"Gitea has no {verb}")

    def repository(self, name: str = "") -> dict[str, Any]:
        name = name or self.state.name
        found = {
            "id": 5, "full_name": name, "clone_url": f"https://gitea.example.com/{name}.git",
            "default_branch": self.state.branch, "html_url": f"https://gitea.example.com/{name}",
            "private": self.state.private, "permissions": {"admin": self.state.admin, "push": True, "pull": True},
        }  # fmt: skip
        return dict(described("Repository", found))

    def pull(self, each: PullRequest) -> dict[str, Any]:
        name, known = ("stranger/churn", 6) if each.fork else (self.state.name, 5)
        found = {
            "number": each.number, "title": each.title, "user": {"login": each.author}, "draft": each.draft,
            "state": "closed" if each.state == "merged" else each.state, "merged": each.state == "merged",
            "merge_commit_sha": each.merge_sha or None, "html_url": each.url,
            "head": {"ref": each.source.removeprefix("refs/heads/"), "sha": each.head_sha, "repo_id": known,
                     "repo": self.repository(name)},
            "base": {"ref": each.target.removeprefix("refs/heads/"), "sha": each.base_sha, "repo_id": 5,
                     "repo": self.repository()},
        }  # fmt: skip
        return dict(described("PullRequest", found))

    def paged(self, request: Request, every: list[Any]) -> Reply:
        page = int(request.query.get("page", "1"))
        more = len(every) > page * PAGE
        headers = {"Link": f'<{self.api}{request.path.removeprefix(self.prefix)}?page={page + 1}>; rel="next"'}
        return Reply(200, every[(page - 1) * PAGE : page * PAGE], headers if more else {})

    def show(self, _request: Request) -> Reply:
        return Reply(200, self.repository())

    def mine(self, request: Request) -> Reply:
        return self.paged(request, [self.repository(), *(self.repository(f"acme/other{each}") for each in range(3))])

    def who(self, _request: Request) -> Reply:
        return Reply(200, described("User", {"login": ME}))

    def refs(self, _request: Request) -> Reply:
        every = {**self.state.refs, "refs/pull/1/head": "f" * 40}
        found = [{"ref": ref, "object": {"sha": sha, "type": "commit"}} for ref, sha in every.items()]
        return Reply(200, [described("Reference", each) for each in found])

    def pulls(self, request: Request) -> Reply:
        return self.paged(request, [self.pull(each) for each in self.state.pulls.values() if each.state == "open"])

    def one_pull(self, _request: Request, number: str) -> Reply:
        found = self.state.pulls.get(int(number))
        return Reply(200, self.pull(found)) if found else Reply(404, {"message": "not found"})

    def permission(self, _request: Request, user: str) -> Reply:
        if user == "nobody":
            return Reply(404, {"message": "user does not exist"})
        word = "write" if user in self.state.writers else "read"
        return Reply(200, described("RepoCollaboratorPermission", {"permission": word, "role_name": word}))

    def hooks(self, request: Request) -> Reply:
        every = [
            described("Hook", {"id": int(known), "config": {"url": each.url, "content_type": "json"}, "type": "gitea"})
            for known, each in self.state.hooks.items()
        ]
        return self.paged(request, every)

    def new_hook(self, request: Request) -> Reply:
        said, known = described("CreateHookOption", request.json()), self.state.id()
        self.state.hooks[known] = Hook(said["config"]["url"], said["config"]["secret"], said["events"])
        return Reply(201, described("Hook", {"id": int(known)}))

    def drop_hook(self, _request: Request, known: str) -> Reply:
        return Reply(204) if self.state.hooks.pop(known, None) else Reply(404, {"message": "not found"})

    def try_hook(self, _request: Request, known: str) -> Reply:
        self.state.pinged.append(known)
        return Reply(204)

    def status(self, request: Request, sha: str) -> Reply:
        said = described("CreateStatusOption", request.json())
        self.state.statuses.append(
            {"sha": sha, "name": said["context"], "state": said["state"], "title": said["description"],
             "url": said["target_url"]}
        )  # fmt: skip
        return Reply(201, described("CommitStatus", {"status": said["state"], "context": said["context"]}))

    def comments(self, _request: Request, number: str) -> Reply:
        found = self.state.comments.get(int(number), [])
        every = [{"id": int(each.id), "user": {"login": each.author}, "body": each.text} for each in found]
        return Reply(200, [described("Comment", each) for each in every])

    def new_comment(self, request: Request, number: str) -> Reply:
        made = Comment(self.state.id(), ME, described("CreateIssueCommentOption", request.json())["body"])
        self.state.comments.setdefault(int(number), []).append(made)
        return Reply(201, described("Comment", {"id": int(made.id), "body": made.text}))

    def change_comment(self, request: Request, known: str) -> Reply:
        for each in (one for comments in self.state.comments.values() for one in comments):
            if each.id == known:
                each.text = described("EditIssueCommentOption", request.json())["body"]
                return Reply(200, described("Comment", {"id": int(known), "body": each.text}))
        return Reply(404, {"message": "not found"})


_ANSWERS: dict[str, Callable[..., Reply]] = {
    "GET /repos/R": FakeGitea.show,
    "GET /user/repos": FakeGitea.mine,
    "GET /user": FakeGitea.who,
    "GET /repos/R/git/refs": FakeGitea.refs,
    "GET /repos/R/pulls": FakeGitea.pulls,
    r"GET /repos/R/pulls/(\d+)": FakeGitea.one_pull,
    "GET /repos/R/collaborators/([^/]+)/permission": FakeGitea.permission,
    "GET /repos/R/hooks": FakeGitea.hooks,
    "POST /repos/R/hooks": FakeGitea.new_hook,
    r"DELETE /repos/R/hooks/(\d+)": FakeGitea.drop_hook,
    r"POST /repos/R/hooks/(\d+)/tests": FakeGitea.try_hook,
    r"POST /repos/R/statuses/([0-9a-f]+)": FakeGitea.status,
    r"GET /repos/R/issues/(\d+)/comments": FakeGitea.comments,
    r"POST /repos/R/issues/(\d+)/comments": FakeGitea.new_comment,
    r"PATCH /repos/R/issues/comments/(\d+)": FakeGitea.change_comment,
}
