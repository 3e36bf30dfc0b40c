"""A Gitea that has the repository as well, behind real git, and delivers what is pushed to it."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import subprocess
import threading
from base64 import b64decode
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from tests.hosts.gitea import FakeGitea
from tests.hosts.serving import TOKEN, Reply, Request

if TYPE_CHECKING:
    from pathlib import Path


class GiteaWithGit(FakeGitea):
    """`root` holds `acme/churn.git`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.delivered: list[int] = []
        super().__init__()

    @property
    def site(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def repository(self, name: str = "") -> dict[str, Any]:
        found = super().repository(name)
        return {**found, "clone_url": f"{self.site}/{found['full_name']}.git"}

    def handle(self, request: Request) -> Reply:
        if not request.path.startswith(f"/{self.state.name}.git/"):
            return super().handle(request)
        given = request.headers.get("Authorization", "")
        signed_in = given.startswith("Basic ") and b64decode(given[6:]).decode().partition(":")[2] == TOKEN
        return self._git(request) if signed_in else Reply(401, {}, {"WWW-Authenticate": 'Basic realm="git"'})

    def _git(self, request: Request) -> Reply:
        env = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": request.path,
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

    def answer(self, request: Request) -> Reply:
        """A test of a webhook is a push of the newest commit of the default branch, which is there already."""
        reply = super().answer(request)
        if request.path.endswith("/tests"):
            sha = self.state.refs["refs/heads/main"]
            guid = f"test-{len(self.state.pinged)}"
            threading.Thread(target=self.deliver, args=("refs/heads/main", sha, sha, guid)).start()
        return reply

    def deliver(self, ref: str, before: str, after: str, guid: str) -> None:
        """https://docs.gitea.com/usage/repository/webhooks"""
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
