"""Hosts that have the repository as well, behind real git; a Gitea that also delivers what is pushed to it."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import subprocess
import threading
from base64 import b64decode
from collections.abc import Callable  # noqa: TC003 - of a table
from pathlib import Path  # noqa: TC003 - of a table
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.hosts.azure_repos import FakeAzureRepos
from tests.hosts.bitbucket import FakeBitbucket
from tests.hosts.gitea import FakeGitea
from tests.hosts.github import FakeEnterprise, FakeGitHubApp
from tests.hosts.gitlab import FakeGitLab
from tests.hosts.serving import TOKEN, FakeHost, Reply, Request


class WithGit(FakeHost):
    """Whatever is asked below `place` is git's, of the repository `root`; its users have the token for a password."""

    place = "/acme/churn.git"
    asked_for = "acme/churn"

    def __init__(self, root: Path) -> None:
        self.root = root
        super().__init__()

    @property
    def site(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def clone_url(self) -> str:
        return self.site + self.place

    def handle(self, request: Request) -> Reply:
        if not request.path.startswith(f"{self.place}/"):
            return super().handle(request)
        given = request.headers.get("Authorization", "")
        signed_in = given.startswith("Basic ") and self.lets_in(b64decode(given[6:]).decode().partition(":")[2])
        return self._git(request) if signed_in else Reply(401, {}, {"WWW-Authenticate": 'Basic realm="git"'})

    def lets_in(self, password: str) -> bool:
        return password == TOKEN

    def _git(self, request: Request) -> Reply:
        env = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": request.path.removeprefix(self.place),
            "QUERY_STRING": urlsplit(request.target).query,
            "REQUEST_METHOD": request.method,
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        }
        done = subprocess.run(["git", "http-backend"], input=request.body, env=env, capture_output=True, check=False)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if line)
        return Reply(int(headers.pop("Status", "200").split()[0]), content, headers)


class EnterpriseWithGit(WithGit, FakeEnterprise):
    def repository(self, name: str = "") -> dict[str, Any]:
        return {**super().repository(name), "clone_url": self.clone_url}


class AppWithGit(WithGit, FakeGitHubApp):
    """Enterprise Server, by an App; what git gets for a password is a token of the installation."""

    prefix = "/api/v3"

    def repository(self, name: str = "") -> dict[str, Any]:
        return {**super().repository(name), "clone_url": self.clone_url}

    def signed_in(self, request: Request) -> bool:
        return super().signed_in(request._replace(target=request.target.removeprefix(self.prefix)))

    def lets_in(self, password: str) -> bool:
        return password in self.tokens


class GitLabWithGit(WithGit, FakeGitLab):
    def repository(self, name: str = "") -> dict[str, Any]:
        return {**super().repository(name), "http_url_to_repo": self.clone_url}


class BitbucketWithGit(WithGit, FakeBitbucket):
    prefix = ""

    def repository(self, name: str = "") -> dict[str, Any]:
        found = super().repository(name)
        links = {**found["links"], "clone": [{"name": "https", "href": self.clone_url}]}
        return {**found, "links": links}


class AzureReposWithGit(WithGit, FakeAzureRepos):
    place = "/contoso/acme/_git/churn"
    asked_for = "contoso/acme/churn"

    def repository(self, name: str = "churn") -> dict[str, Any]:
        return {**super().repository(name), "remoteUrl": self.clone_url}


class GiteaWithGit(WithGit, FakeGitea):
    """Tests of webhooks, and pushes that are told of, are delivered as Gitea does.

    https://docs.gitea.com/usage/repository/webhooks
    """

    def __init__(self, root: Path) -> None:
        self.delivered: list[int] = []
        super().__init__(root)

    def repository(self, name: str = "") -> dict[str, Any]:
        return {**super().repository(name), "clone_url": self.clone_url}

    def answer(self, request: Request) -> Reply:
        """A test of a webhook is a push of the newest commit of the default branch, which is there already."""
        reply = super().answer(request)
        if request.path.endswith("/tests"):
            sha = self.state.refs["refs/heads/main"]
            guid = f"test-{len(self.state.pinged)}"
            threading.Thread(target=self.deliver, args=("refs/heads/main", sha, sha, guid)).start()
        return reply

    def deliver(self, ref: str, before: str, after: str, guid: str) -> None:
        told = {"ref": ref, "before": before, "after": after, "repository": {"full_name": self.state.name}}
        body = json.dumps({**told, "commits": [], "pusher": {"login": "ada"}}).encode()
        for hook in list(self.state.hooks.values()):
            headers = {
                "Content-Type": "application/json",
                "X-Gitea-Event": "push",
                "X-Gitea-Delivery": guid,
                "X-Gitea-Signature": hmac.new(hook.secret.encode(), body, hashlib.sha256).hexdigest(),
            }
            self.delivered.append(httpx.post(hook.url, content=body, headers=headers, timeout=60).status_code)


HOSTS: dict[str, Callable[[Path], WithGit]] = {
    "github": EnterpriseWithGit,
    "azure-repos": AzureReposWithGit,
    "bitbucket": BitbucketWithGit,
    "gitlab": GitLabWithGit,
    "gitea": GiteaWithGit,
}
"""By the word that `drivetrain connect` has for them."""
