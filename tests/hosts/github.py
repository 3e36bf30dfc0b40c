"""GitHub as its OpenAPI description says: every request is checked against it, and every answer is as it demands."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from drivetrain.clock import SystemClock
from drivetrain.source.hosts.credentials import Credentials
from drivetrain.source.hosts.model import HostKind
from tests.hosts.openapi import Description
from tests.hosts.serving import ME, TOKEN, Comment, FakeHost, Hook, Reply, Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.clock import Clock
    from drivetrain.source.events import PullRequest

ROOT = Path(__file__).parents[2]
OTHER = "stranger/churn"
PAGE = 2
"""Small, so that there are pages."""


@cache
def description(name: str = "api.github.com", base: str = "") -> Description:
    """GitHub's own, brought by a script from npm."""
    done = subprocess.run([ROOT / "scripts" / "github_api"], capture_output=True, text=True, check=False)
    if done.returncode:
        if os.environ.get("CI"):
            pytest.fail(f"CI must be able to install @octokit/openapi:\n{done.stderr}")
        pytest.skip(f"@octokit/openapi cannot be installed: {done.stderr[-200:]}")
    return Description(Path(done.stdout.strip()) / f"{name}.json", base)


class FakeGitHub(FakeHost):
    """By a token."""

    kind = HostKind.GITHUB

    def __init__(self) -> None:
        self.described = description("ghes-3.17", self.prefix) if self.prefix else description()
        super().__init__()

    def credentials(self) -> Credentials:
        return Credentials("PersonalAccessToken", {"accessToken": TOKEN})

    def signed_in(self, request: Request) -> bool:
        return request.headers.get("Authorization") == f"Bearer {TOKEN}"

    def answer(self, request: Request) -> Reply:
        operation = self.described.check_request(request.method, request.target, request.body)
        verb = f"{request.method} {operation.template}".replace("{owner}/{repo}", "R")
        path = request.path.removeprefix(self.prefix)
        if path.startswith("/repos/") and not path.startswith(f"/repos/{self.state.name}"):
            return Reply(404, {"message": "Not Found"})
        parts = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>.+)", operation.template), path)
        assert parts is not None
        reply = _ANSWERS[verb](self, request, parts.groupdict())
        schema = operation.answer_schema(reply.status) if reply.status in operation.statuses() else None
        if schema is None:
            return reply
        body = self.described.example(schema, reply.body)
        self.described.check(schema, body, f"the answer of {operation.template}")
        return reply._replace(body=body)

    # Shapes

    def repository(self, name: str = "") -> dict[str, Any]:
        name = name or self.state.name
        return {
            "full_name": name, "name": name.split("/")[1], "clone_url": f"https://github.com/{name}.git",
            "default_branch": self.state.branch, "html_url": f"https://github.com/{name}",
            "private": self.state.private, "permissions": {"admin": self.state.admin, "pull": True, "push": True},
        }  # fmt: skip

    def pull(self, found: PullRequest) -> dict[str, Any]:
        head = OTHER if found.fork else self.state.name
        return {
            "number": found.number, "title": found.title, "user": {"login": found.author}, "draft": found.draft,
            "state": "closed" if found.state == "merged" else found.state, "html_url": found.url,
            "merged_at": "2026-01-02T03:04:05Z" if found.state == "merged" else None,
            "merge_commit_sha": found.merge_sha or None,
            "head": {"ref": found.source.removeprefix("refs/heads/"), "sha": found.head_sha,
                     "repo": {"full_name": head, "clone_url": f"https://github.com/{head}.git"}},
            "base": {"ref": found.target.removeprefix("refs/heads/"), "sha": found.base_sha, "repo": self.repository()},
        }  # fmt: skip

    def paged(self, request: Request, every: list[Any]) -> Reply:
        page = int(request.query.get("page", "1"))
        headers = {}
        if len(every) > page * PAGE:
            headers["Link"] = f'<{self.api}{request.path.removeprefix(self.prefix)}?page={page + 1}>; rel="next"'
        return Reply(200, every[(page - 1) * PAGE : page * PAGE], headers)

    # Answers

    def show(self, _request: Request, _names: dict[str, str]) -> Reply:
        return Reply(200, self.repository())

    def mine(self, request: Request, _names: dict[str, str]) -> Reply:
        return self.paged(request, [self.repository(), *(self.repository(f"acme/other{each}") for each in range(3))])

    def matching(self, request: Request, names: dict[str, str]) -> Reply:
        found = {ref: sha for ref, sha in self.state.refs.items() if ref.startswith(f"refs/{names['ref']}")}
        etag = f'W/"{hashlib.sha1(repr(sorted(found.items())).encode()).hexdigest()}"'
        if request.headers.get("If-None-Match") == etag:
            return Reply(304, None, {"ETag": etag})
        refs = [{"ref": ref, "object": {"sha": sha, "type": "commit"}} for ref, sha in found.items()]
        return Reply(200, refs, {"ETag": etag})

    def pulls(self, request: Request, _names: dict[str, str]) -> Reply:
        return self.paged(request, [self.pull(each) for each in self.state.pulls.values() if each.state == "open"])

    def one_pull(self, _request: Request, names: dict[str, str]) -> Reply:
        found = self.state.pulls.get(int(names["pull_number"]))
        return Reply(200, self.pull(found)) if found else Reply(404, {"message": "Not Found"})

    def permission(self, _request: Request, names: dict[str, str]) -> Reply:
        if names["username"] == "nobody":
            return Reply(404, {"message": "Not Found"})
        return Reply(200, {"permission": "write" if names["username"] in self.state.writers else "read", "user": None})

    def hooks(self, request: Request, _names: dict[str, str]) -> Reply:
        every = [{"id": int(known), "config": {"url": hook.url}} for known, hook in self.state.hooks.items()]
        return self.paged(request, every)

    def new_hook(self, request: Request, _names: dict[str, str]) -> Reply:
        said, known = request.json(), self.state.id()
        self.state.hooks[known] = Hook(said["config"]["url"], said["config"]["secret"], said["events"])
        return Reply(201, {"id": int(known)})

    def change_hook(self, request: Request, names: dict[str, str]) -> Reply:
        config = request.json()["config"]
        self.state.hooks[names["hook_id"]] = Hook(config["url"], config["secret"], request.json()["events"])
        return Reply(200, {"id": int(names["hook_id"])})

    def drop_hook(self, _request: Request, names: dict[str, str]) -> Reply:
        known = self.state.hooks.pop(names["hook_id"], None)
        return Reply(204) if known else Reply(404, {"message": "Not Found"})

    def ping(self, _request: Request, names: dict[str, str]) -> Reply:
        self.state.pinged.append(names["hook_id"])
        return Reply(204)

    def status(self, request: Request, names: dict[str, str]) -> Reply:
        said = request.json()
        assert len(said["description"]) <= 140, "GitHub refuses a longer description"
        self.state.statuses.append(
            {"sha": names["sha"], "name": said["context"], "state": said["state"], "title": said["description"],
             "url": said.get("target_url", "")}
        )  # fmt: skip
        return Reply(201, {"state": said["state"], "context": said["context"]})

    def comments(self, request: Request, names: dict[str, str]) -> Reply:
        every = [
            {"id": int(each.id), "user": {"login": each.author}, "body": each.text}
            for each in self.state.comments.get(int(names["issue_number"]), [])
        ]
        return self.paged(request, every)

    def new_comment(self, request: Request, names: dict[str, str]) -> Reply:
        made = Comment(self.state.id(), self.author(), request.json()["body"])
        self.state.comments.setdefault(int(names["issue_number"]), []).append(made)
        return Reply(201, {"id": int(made.id), "body": made.text})

    def change_comment(self, request: Request, names: dict[str, str]) -> Reply:
        for each in (one for comments in self.state.comments.values() for one in comments):
            if each.id == names["comment_id"]:
                each.text = request.json()["body"]
                return Reply(200, {"id": int(each.id), "body": each.text})
        return Reply(404, {"message": "Not Found"})

    def author(self) -> str:
        return ME

    def who(self, _request: Request, _names: dict[str, str]) -> Reply:
        return Reply(200, {"login": ME})


class FakeEnterprise(FakeGitHub):
    """GitHub Enterprise Server, whose API is below a path."""

    prefix = "/api/v3"


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class FakeGitHubApp(FakeGitHub):
    """As a GitHub App: tokens for an hour, and check runs."""

    APP, INSTALLATION = "12345", 77

    def __init__(self) -> None:
        super().__init__()
        self.tokens: dict[str, datetime] = {}
        self.clock: Clock = SystemClock()

    def credentials(self) -> Credentials:
        pem = _key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        return Credentials("App", {"appId": self.APP, "privateKey": pem})

    def signed_in(self, request: Request) -> bool:
        word = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if request.path.startswith("/app") or request.path.endswith("/installation"):
            claims = jwt.decode(
                word, _key().public_key(), ["RS256"], options={"verify_exp": False, "verify_iat": False}
            )
            lives = claims["exp"] - claims["iat"]
            return bool(claims["iss"] == self.APP and lives <= 660 and claims["exp"] > self.clock.now().timestamp())
        return self.tokens.get(word, datetime.min.replace(tzinfo=UTC)) > self.clock.now()

    def installed(self, _request: Request, _names: dict[str, str]) -> Reply:
        return Reply(200, {"id": self.INSTALLATION})

    def issue(self, _request: Request, _names: dict[str, str]) -> Reply:
        token = f"ghs_{len(self.tokens)}_{'x' * 20}"
        self.tokens[token] = until = self.clock.now() + timedelta(hours=1)
        rights = {"checks": "write", "repository_hooks": "write"}
        return Reply(201, {"token": token, "expires_at": until.strftime("%Y-%m-%dT%H:%M:%SZ"), "permissions": rights})

    def slug(self, _request: Request, _names: dict[str, str]) -> Reply:
        return Reply(200, {"slug": "drivetrain", "client_id": "Iv1"})

    def author(self) -> str:
        return "drivetrain[bot]"

    def everything(self, request: Request, names: dict[str, str]) -> Reply:
        page = self.mine(request, names)
        return page._replace(body={"total_count": 4, "repositories": page.body})

    def new_check(self, request: Request, _names: dict[str, str]) -> Reply:
        known = self.state.id()
        self.state.checks[known] = {"annotations": []}
        self.state.statuses.append({"check": known})
        return self._changed(request, known, 201)

    def change_check(self, request: Request, names: dict[str, str]) -> Reply:
        if names["check_run_id"] not in self.state.checks:
            return Reply(404, {"message": "Not Found"})
        return self._changed(request, names["check_run_id"], 200)

    def _changed(self, request: Request, known: str, status: int) -> Reply:
        said, check = request.json(), self.state.checks[known]
        if said.get("status") == "completed" and "conclusion" not in said:
            return Reply(422, {"message": "Validation Failed"})
        output = said.pop("output", {})
        check |= {**said, "title": output.get("title"), "summary": output.get("summary")}
        check["annotations"] += output.get("annotations", [])
        return Reply(status, self._check(known))

    def _check(self, known: str) -> dict[str, Any]:
        found = self.state.checks[known]
        return {
            "id": int(known), "head_sha": found["head_sha"], "name": found["name"], "check_suite": None, "app": None,
            "external_id": found.get("external_id"), "output": {"annotations_count": len(found["annotations"])},
        }  # fmt: skip

    def show_check(self, _request: Request, names: dict[str, str]) -> Reply:
        known = names["check_run_id"]
        return Reply(200, self._check(known)) if known in self.state.checks else Reply(404, {"message": "Not Found"})

    def checks_of(self, request: Request, names: dict[str, str]) -> Reply:
        every = [
            self._check(known)
            for known, each in self.state.checks.items()
            if each["head_sha"] == names["ref"] and each["name"] == request.query["check_name"]
        ]
        return Reply(200, {"total_count": len(every), "check_runs": every})


_ANSWERS: dict[str, Callable[..., Reply]] = {
    "GET /repos/R": FakeGitHub.show,
    "GET /user/repos": FakeGitHub.mine,
    "GET /user": FakeGitHub.who,
    "GET /repos/R/git/matching-refs/{ref}": FakeGitHub.matching,
    "GET /repos/R/pulls": FakeGitHub.pulls,
    "GET /repos/R/pulls/{pull_number}": FakeGitHub.one_pull,
    "GET /repos/R/collaborators/{username}/permission": FakeGitHub.permission,
    "GET /repos/R/hooks": FakeGitHub.hooks,
    "POST /repos/R/hooks": FakeGitHub.new_hook,
    "PATCH /repos/R/hooks/{hook_id}": FakeGitHub.change_hook,
    "DELETE /repos/R/hooks/{hook_id}": FakeGitHub.drop_hook,
    "POST /repos/R/hooks/{hook_id}/pings": FakeGitHub.ping,
    "POST /repos/R/statuses/{sha}": FakeGitHub.status,
    "GET /repos/R/issues/{issue_number}/comments": FakeGitHub.comments,
    "POST /repos/R/issues/{issue_number}/comments": FakeGitHub.new_comment,
    "PATCH /repos/R/issues/comments/{comment_id}": FakeGitHub.change_comment,
    "GET /repos/R/installation": FakeGitHubApp.installed,
    "POST /app/installations/{installation_id}/access_tokens": FakeGitHubApp.issue,
    "GET /app": FakeGitHubApp.slug,
    "GET /installation/repositories": FakeGitHubApp.everything,
    "POST /repos/R/check-runs": FakeGitHubApp.new_check,
    "PATCH /repos/R/check-runs/{check_run_id}": FakeGitHubApp.change_check,
    "GET /repos/R/check-runs/{check_run_id}": FakeGitHubApp.show_check,
    "GET /repos/R/commits/{ref}/check-runs": FakeGitHubApp.checks_of,
}
