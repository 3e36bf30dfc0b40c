"""Projects for tests of the Azure DevOps API, and asking it by plain HTTP."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.azure.conftest import Served

PATIENCE = 120.0


def git(folder: Path, *args: str) -> str:
    names = {f"GIT_{role}_{what}": "ada@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", *args], cwd=folder, env={**os.environ, **names, **quiet}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def make_repository(folder: Path, pipeline: str) -> None:
    folder.mkdir()
    (folder / "azure-pipelines.yml").write_text(pipeline)
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", "First")


def add_project(served: Served, folder: Path, name: str, pipeline: str) -> None:
    make_repository(folder, pipeline)
    served.cli("project", "add", str(folder), "--name", name)


class Answer(Exception):  # noqa: N818 - what came back, where it was no success
    def __init__(self, status: int, document: dict[str, Any]) -> None:
        super().__init__(f"{status}: {document}")
        self.status = status
        self.document = document


def ask(served: Served, method: str, path: str, body: object = None, token: str = "") -> Any:
    """What the API says to whoever has the token; the owner's unless another is given."""
    password = base64.b64encode(f":{token or served.owner_token}".encode()).decode()
    headers = {"Authorization": f"Basic {password}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{served.info.url}{path}", data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        raise Answer(error.code, json.loads(error.read())) from error
    return json.loads(text) if text else None


def wait_for(condition: Callable[[], object], what: str) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, what
        time.sleep(0.05)


def run_to_its_end(served: Served, project: str, **wish: object) -> int:
    """Queue a run of a project; its number, once it has ended."""
    build = ask(served, "POST", f"/{project}/_apis/build/builds?api-version=7.1", {"definition": {}, **wish})
    where = f"/{project}/_apis/build/builds/{build['id']}"
    wait_for(lambda: ask(served, "GET", where)["status"] == "completed", f"run {build['id']} does not end")
    return int(build["id"])
