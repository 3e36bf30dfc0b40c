from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.unit.source.watching import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Repository:
    """A real repository to play with, as a user would by the git command."""

    path: Path

    def git(self, *args: str) -> str:
        done = subprocess.run(["git", *args], cwd=self.path, capture_output=True, text=True, check=False, env=_user())
        assert done.returncode == 0, f"git {args}: {done.stderr}"
        return done.stdout.strip()

    def write(self, name: str, text: str) -> None:
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")

    def commit(self, message: str = "Work", **files: str) -> str:
        for name, text in files.items():
            self.write(name.replace("__", "/").replace("_", "."), text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def fingerprint(self) -> dict[str, tuple[int, int]]:
        """Every file of `.git` with size and time: what must not change when we only read."""
        found = (path for path in (self.path / ".git").rglob("*") if path.is_file())
        return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in found}


def _user() -> dict[str, str]:
    named = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    for role in ("AUTHOR", "COMMITTER"):
        named |= {f"GIT_{role}_NAME": "Ada", f"GIT_{role}_EMAIL": "ada@example.org"}
    return {**os.environ, **named}


def make(path: Path, *args: str) -> Repository:
    path.mkdir(parents=True)
    repository = Repository(path)
    repository.git("init", "--quiet", "--initial-branch=main", *args)
    return repository


@pytest.fixture
def work(tmp_path: Path) -> Repository:
    return make(tmp_path / "work tree")


@pytest.fixture
def bare(tmp_path: Path) -> Repository:
    return make(tmp_path / "it's bare.git", "--bare")


@pytest.fixture
def world(tmp_path: Path, bare: Repository) -> Iterator[World]:
    made = World(tmp_path / "home", bare.path)
    yield made
    made.projects.close()
    made.events.close()
