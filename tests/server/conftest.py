from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from drivetrain.home import Home
from drivetrain.store.database import Database
from drivetrain.store.queries import SqliteRunQueries
from drivetrain.store.runs import SqliteRunStore
from drivetrain.view.ports import RunFilter
from drivetrain.wire.server_process import ServerInfo, ask, find, is_held, start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from drivetrain.run.model import Run

COMMAND = Path(sys.executable).with_name("drivetrain")
PIPELINE = """
steps:
- checkout: none
- bash: echo "first line of $(Build.SourceVersion)"
"""
PATIENCE = 120.0


def wait_for(condition: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s for {what}"
        time.sleep(0.02)


@dataclass
class World:
    """A home of its own with a real server, and real repositories to push to."""

    root: Path

    @property
    def home(self) -> Home:
        return Home(self.root / "home")

    @property
    def environment(self) -> dict[str, str]:
        named = {"DRIVETRAIN_HOME": str(self.home.root), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        for role in ("AUTHOR", "COMMITTER"):
            named |= {f"GIT_{role}_NAME": "Ada", f"GIT_{role}_EMAIL": "ada@example.org"}
        return {**os.environ, **named}

    def cli(self, *args: str, status: int | None = 0) -> str:
        done = subprocess.run(
            [COMMAND, *args], env=self.environment, capture_output=True, text=True, check=False, timeout=PATIENCE,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        output = done.stdout + done.stderr
        assert status is None or done.returncode == status, f"drivetrain {args}: {done.returncode}: {output}"
        return output

    def git(self, *args: str, cwd: Path | None = None) -> str:
        done = subprocess.run(
            ["git", *args], cwd=cwd or self.work, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"git {args}: {done.stderr}"
        return done.stdout.strip()

    @property
    def work(self) -> Path:
        return self.root / "work"

    @property
    def bare(self) -> Path:
        return self.root / "code.git"

    def repository(self, pipeline: str = PIPELINE) -> None:
        for path, more in ((self.bare, ["--bare"]), (self.work, [])):
            path.mkdir(parents=True)
            self.git("init", "--quiet", "--initial-branch=main", *more, cwd=path)
        self.git("remote", "add", "origin", str(self.bare))
        (self.work / "azure-pipelines.yml").write_text(pipeline)

    def commit(self, message: str = "Work", **files: str) -> str:
        for name, text in files.items():
            path = self.work / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def push(self, *refs: str) -> None:
        self.git("push", "--quiet", "--force", "origin", *(refs or ("main",)))

    def up(self) -> ServerInfo:
        return start(self.home, 0)

    def kill(self) -> None:
        """As a power cut for the server would."""
        info = find(self.home)
        if info is not None:
            os.kill(info.pid, signal.SIGKILL)
        wait_for(lambda: not is_held(self.home), "the server to be gone")

    def runs(self) -> Sequence[Run]:
        if not self.home.database.exists():
            return []
        store = SqliteRunStore(Database(self.home.database))
        try:
            return SqliteRunQueries(store).runs(RunFilter(limit=1000))
        finally:
            store.close()

    def ended(self) -> Sequence[Run]:
        return [run for run in self.runs() if run.state == "completed"]

    def wait_for_runs(self, count: int) -> Sequence[Run]:
        wait_for(lambda: len(self.ended()) >= count, f"{count} runs to end; {self.log()}")
        return self.runs()

    def events(self) -> Sequence[tuple[str, str, str]]:
        connection = Database(self.home.database).connect()
        try:
            rows = connection.execute("SELECT ref, state, outcome FROM source_events ORDER BY id").fetchall()
            return [(row["ref"], row["state"], row["outcome"]) for row in rows]
        finally:
            connection.close()

    def wait_for_events(self, count: int) -> Sequence[tuple[str, str, str]]:
        wait_for(lambda: len([row for row in self.events() if row[1] == "done"]) >= count, f"{count} events")
        return self.events()

    def ask(self, method: str, path: str, body: object = None) -> Any:
        info = find(self.home)
        assert info is not None
        return ask(self.home, info, method, path, body)

    def log(self) -> str:
        with suppress(FileNotFoundError):
            return self.home.server_log.read_text()[-2000:]
        return "no log"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.kill()
