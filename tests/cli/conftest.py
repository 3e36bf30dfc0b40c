from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

DRIVETRAIN = Path(sys.executable).parent / "drivetrain"


@dataclass(frozen=True)
class Workplace:
    """A git repository and a home of its own, with the real command."""

    repo: Path
    env: dict[str, str]

    def write(self, text: str, path: str = "azure-pipelines.yml") -> Path:
        target = self.repo / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        return target

    def git(self, *words: str) -> str:
        done = subprocess.run(["git", *words], cwd=self.repo, env=self.env, capture_output=True, text=True, check=True)
        return done.stdout

    def commit(self, message: str = "Change") -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD").strip()

    def call(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [DRIVETRAIN, *words],
            cwd=self.repo,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=120,
        )
        assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [DRIVETRAIN, *words],
            cwd=self.repo,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
        )

    def json(self, *words: str, code: int = 0) -> Any:
        return msgspec.json.decode(self.call(*words, "--json", code=code).stdout)


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("DRIVETRAIN_", "GIT_", "MLFLOW_"))}
    env |= {
        "DRIVETRAIN_HOME": str(tmp_path / "home"),
        "GIT_AUTHOR_NAME": "Ada",
        "GIT_AUTHOR_EMAIL": "ada@example.com",
        "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@example.com",
    }
    repo = tmp_path / "repo"
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(repo)], check=True)
    return Workplace(repo, env)
