from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from drivetrain.home import Home

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Origin:
    """A real repository that somebody works on."""

    path: Path

    @property
    def url(self) -> str:
        return f"file://{self.path}"

    def git(self, *words: str) -> str:
        user = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        for role in ("AUTHOR", "COMMITTER"):
            user |= {f"GIT_{role}_NAME": "Ada", f"GIT_{role}_EMAIL": "ada@example.org"}
        done = subprocess.run(
            ["git", *words], cwd=self.path, env={**os.environ, **user}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(self, text: str, path: str = "a.yml") -> str:
        target = self.path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", text)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    """`contoso/templates` on a host that is a folder."""
    path = tmp_path / "hub" / "contoso" / "templates"
    path.mkdir(parents=True)
    made = Origin(path)
    made.git("init", "--quiet", "--initial-branch=main")
    return made


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Its settings say that github is that folder."""
    home = Home(tmp_path / "home")
    home.root.mkdir()
    home.config.write_text(f'[repository_hosts]\ngithub = "file://{tmp_path}/hub"\n')
    return home
