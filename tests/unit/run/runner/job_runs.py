"""Runs jobs by the real runner: a process of its own, in a folder of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from msgspec.structs import replace

from drivetrain.plan.model import StepPlan
from drivetrain.run.journal import read_journal
from drivetrain.run.model import JobRef, JobSecrets, JobSpec, JobVariable, RepositorySource
from drivetrain.source.model import Commit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

DEADLINE = 60.0


def wait_until(condition: Callable[[], Any], what: str) -> Any:
    """What `condition` gives, as soon as that is true."""
    until = time.monotonic() + DEADLINE
    while not (found := condition()):
        assert time.monotonic() < until, f"waited in vain for {what}"
        time.sleep(0.005)
    return found


@dataclass
class JobRun:
    """A job and what came of it."""

    root: Path
    steps: Sequence[StepPlan]
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: JobSecrets = field(default_factory=JobSecrets)
    options: Mapping[str, Any] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def dir(self) -> Path:
        return self.root / "runs" / "1" / "s.j.1"

    def start(self) -> JobRun:
        """Start the runner in the background."""
        self.write_spec()
        command = [sys.executable, "-m", "drivetrain.wire.runner", str(self.dir)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE)
        assert self.process.stdin is not None
        self.process.stdin.write(msgspec.json.encode(self.secrets))
        self.process.stdin.close()
        return self

    def write_spec(self) -> None:
        source = RepositorySource("repo", "", "", "refs/heads/main", Commit("0" * 40))
        spec = JobSpec(
            run_id=1,
            number="20260101.1",
            ref=JobRef("s", "j"),
            attempt=1,
            display_name="A job",
            stage_display_name="A stage",
            steps=tuple(self.steps),
            variables=tuple(JobVariable(name, value) for name, value in self.variables.items()),
            source=source,
            artifacts=str(self.root / "artifacts" / "1"),
            home=str(self.root),
            keep_work="always",
        )
        self.dir.mkdir(parents=True, exist_ok=True)
        (self.dir / "job.json").write_bytes(msgspec.json.encode(replace(spec, **self.options)))

    def wait(self) -> JobRun:
        """Wait for the runner's end."""
        assert self.process is not None
        assert self.process.wait(DEADLINE) == 0, self.runner_log
        return self

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    @property
    def runner_log(self) -> str:
        return (self.dir / "runner.log").read_text()

    def entries(self, kind: str = "") -> list[dict[str, Any]]:
        """The data of journal entries."""
        found, _ = read_journal(self.dir / "journal.jsonl")
        return [dict(entry.data) for entry in found if entry.type == kind or not kind]

    def kinds(self) -> list[str]:
        return [entry.type for entry in read_journal(self.dir / "journal.jsonl")[0]]

    @property
    def result(self) -> str:
        return str(self.entries("job.completed")[-1]["result"])

    @property
    def results(self) -> list[str]:
        """Of each step, in order."""
        return [entry["result"] for entry in self.entries("step.completed")]

    def raw_log(self, index: int = 1) -> bytes:
        return (self.dir / "logs" / f"{index:03}.log").read_bytes()

    def log(self, index: int = 1) -> str:
        return self.raw_log(index).decode("utf-8", "replace")

    def output(self, index: int = 1) -> str:
        """What the step's program wrote."""
        found = re.search(r"\n\[command\][^\n]*\n(.*)##\[section\]Finishing: ", self.log(index), re.DOTALL)
        assert found, self.log(index)
        return found[1]

    def issues(self, kind: str) -> list[str]:
        return [entry["message"] for entry in self.entries("issue") if entry["type_"] == kind]


@pytest.fixture
def make_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., JobRun]]:
    """Makes jobs: bash scripts or whole steps; keyword arguments are fields of the job's specification."""
    made: list[JobRun] = []
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def make(
        *steps: str | StepPlan,
        variables: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        secret_environment: Mapping[str, str] | None = None,
        **options: Any,
    ) -> JobRun:
        plans = [
            step if isinstance(step, StepPlan) else script(step, name=f"step{number}")
            for number, step in enumerate(steps, 1)
        ]
        root = tmp_path / f"home{len(made)}"
        hidden = JobSecrets(secrets or {}, secret_environment or {})
        made.append(JobRun(root, plans, variables or {}, hidden, options))
        return made[-1]

    yield make
    for job in made:
        job.stop()


@pytest.fixture
def run_job(make_job: Callable[..., JobRun]) -> Callable[..., JobRun]:
    """Runs a job to its end."""
    return lambda *steps, **options: make_job(*steps, **options).start().wait()


def script(text: str, **fields: Any) -> StepPlan:
    """A `script` step."""
    return StepPlan(
        name=fields.pop("name", "step"),
        display_name=fields.pop("display_name", "CmdLine"),
        task="CmdLine@2",
        inputs={"script": text, **fields.pop("inputs", {})},
        **fields,
    )


@pytest.fixture
def step() -> Callable[..., StepPlan]:
    """Makes a `script` step with fields of its plan."""
    return script


@pytest.fixture
def task() -> Callable[..., StepPlan]:
    """Makes a step of a task: its reference, then its inputs."""

    def make(reference: str, inputs: Mapping[str, str] | None = None, **fields: Any) -> StepPlan:
        name = fields.pop("name", "step")
        return StepPlan(
            name=name, display_name=fields.pop("display_name", name), task=reference, inputs=inputs or {}, **fields
        )

    return make


@pytest.fixture
def until() -> Callable[[Callable[[], Any], str], Any]:
    """Waits for a condition, with a deadline."""
    return wait_until


@pytest.fixture
def alive() -> Callable[[int], bool]:
    """Whether a process lives (a zombie does not)."""

    def test(pid: int) -> bool:
        try:
            return b") Z" not in Path(f"/proc/{pid}/stat").read_bytes()
        except FileNotFoundError:
            return False

    return test


@pytest.fixture
def git(tmp_path: Path) -> Callable[..., str]:
    """Runs git in a folder, apart from the user's settings."""
    env = {
        **os.environ,
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "A",
        "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "A",
        "GIT_COMMITTER_EMAIL": "a@example.org",
        "HOME": str(tmp_path),
    }

    def call(folder: Path, *args: str) -> str:
        done = subprocess.run(["git", *args], cwd=folder, env=env, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    return call
