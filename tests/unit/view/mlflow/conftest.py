"""A front in a process of its own, as `drivetrain run` starts it, and MLflow's own client in front of it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psutil
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

JOB_TAGS = {
    "drivetrain.build_number": "20260101.1",
    "drivetrain.commit": "c0ffee",
    "drivetrain.branch": "main",
    "drivetrain.pipeline": "train",
    "drivetrain.run_url": "http://127.0.0.1:1/runs/7",
    "drivetrain.reason": "push",
    "build number": "20260101.1",
}
TOKENS = {
    "job-token": {"kind": "job", "run_tags": JOB_TAGS, "pipeline_run_id": 7},
    "user-token": {"kind": "user"},
    "one-token": {"kind": "job", "run_tags": {"drivetrain.project": "one"}, "pipeline_run_id": 8},
    "two-token": {"kind": "job", "run_tags": {"drivetrain.project": "two"}, "pipeline_run_id": 9},
    "fork-token": {"kind": "job", "run_tags": {"drivetrain.project": "f"}, "pipeline_run_id": 9, "restricted": True},
}


@dataclass
class Front:
    """A running front; killed and started again on the same port when a test asks for it."""

    folder: Path
    listening: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    process: subprocess.Popen[bytes] | None = None

    @property
    def port(self) -> int:
        return int(self.listening.getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/mlflow"

    def start(self) -> None:
        number = self.listening.fileno()
        command = [
            sys.executable,
            "-m",
            "drivetrain.view.api.mlflow",
            "--fd",
            str(number),
            "--folder",
            str(self.folder),
        ]
        without = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[number], env=without)
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(TOKENS).encode() + b"\n")
        self.process.stdin.flush()

    def running(self) -> subprocess.Popen[bytes]:
        assert self.process is not None
        return self.process

    def kill(self) -> None:
        self.running().send_signal(signal.SIGKILL)
        self.end()

    def end(self) -> int:
        process = self.running()
        if process.stdin is not None:
            process.stdin.close()
        return process.wait(60)

    def worker(self) -> psutil.Process | None:
        """The process that hosts MLflow, if it runs."""
        children = psutil.Process(self.running().pid).children()
        return next((child for child in children if child.status() != psutil.STATUS_ZOMBIE), None)


def until(condition: Callable[[], Any], seconds: float = 30) -> Any:
    """What the condition gives as soon as it is true; fails when it never is."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "this never came true"
        time.sleep(0.01)
    return found


@pytest.fixture(name="until", scope="session")
def _until() -> Callable[..., Any]:
    return until


@pytest.fixture
def fresh_front(tmp_path: Path) -> Iterator[Front]:
    front = Front(tmp_path / "mlflow")
    front.start()
    yield front
    if front.running().poll() is None:
        front.end()
    front.listening.close()


@pytest.fixture(scope="session")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    front = Front(tmp_path_factory.mktemp("home") / "mlflow")
    front.start()
    yield front
    assert front.end() == 0
    front.listening.close()


@pytest.fixture(scope="session")
def mlflow_package() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow  # noqa: PLC0415 - heavy, and it warns when imported
        import mlflow.sklearn  # noqa: PLC0415
    return mlflow


@pytest.fixture
def as_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "job-token")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "6")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "1")


@pytest.fixture
def mlflow(mlflow_package: Any, front: Front, as_job: None) -> Iterator[Any]:  # noqa: ARG001
    """MLflow's own package, pointed at the shared front as a job is."""
    mlflow_package.set_tracking_uri(front.url)
    yield mlflow_package
    while mlflow_package.active_run():
        mlflow_package.end_run()
