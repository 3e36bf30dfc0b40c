"""Where the jobs of a foreground run find MLflow: at the server that runs, or at a process of their own.

A listening socket costs nothing. Only when a job connects is the process started that serves it
(`wire/tracking_process.py`).
"""

from __future__ import annotations

import select
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import msgspec

from drivetrain.record.tracking.model import JOB_TAG
from drivetrain.run.launch import JobEnvironment
from drivetrain.view.api.mlflow.ports import Identity
from drivetrain.wire.identities import run_tags

if TYPE_CHECKING:
    from drivetrain.run.model import JobSpec
    from drivetrain.wire.storage import Storage

PREFIX = "/mlflow"
MODULE = "drivetrain.wire.tracking_process"
END_SECONDS = 60.0
TRACKING_LOG = "tracking.log"


class PrivateTracking:
    """A tracking address for the jobs of one foreground run."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)
        self._process: subprocess.Popen[bytes] | None = None
        self._waiting: list[bytes] = []

    def environment(self, spec: JobSpec, token: str) -> JobEnvironment:
        """What a job's steps get, so that `import mlflow` finds its server."""
        tags = {**run_tags(self._storage.runs.get(spec.run_id), ""), JOB_TAG: str(spec.ref)}
        del tags["drivetrain.run_url"]  # no server shows a page
        self._tell(msgspec.json.encode({token: Identity("job", tags, spec.run_id)}) + b"\n")
        host, port = self._socket.getsockname()
        return job_environment(f"http://{host}:{port}", token)

    def look(self) -> None:
        """Start serving if somebody has connected. Call it often; it costs one system call."""
        if self._process is None and self._poll.poll(0):
            self._start()

    def close(self) -> None:
        """Stop listening; what was acknowledged is brought to MLflow first."""
        self._socket.close()
        if self._process is None or self._process.stdin is None:
            return
        self._process.stdin.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            # Nothing is lost: the journal keeps it for the next one who serves this home.
            self._process.terminate()

    def _start(self) -> None:
        descriptor = self._socket.fileno()
        self._storage.home.mlflow.mkdir(parents=True, exist_ok=True)
        with (self._storage.home.mlflow / TRACKING_LOG).open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", MODULE, str(self._storage.home.root), str(descriptor)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=[descriptor],
                start_new_session=True,
            )
        waiting, self._waiting = self._waiting, []
        for line in waiting:
            self._tell(line)

    def _tell(self, line: bytes) -> None:
        if self._process is None or self._process.stdin is None:
            self._waiting.append(line)
            return
        self._process.stdin.write(line)
        self._process.stdin.flush()


class ServerTracking:
    """The tracking of a server that runs already: it knows the jobs' tokens by itself."""

    def __init__(self, server_url: str) -> None:
        self._server_url = server_url

    def environment(self, spec: JobSpec, token: str) -> JobEnvironment:
        """What a job's steps get."""
        del spec
        return job_environment(self._server_url, token)

    def look(self) -> None:
        """Nothing to start."""

    def close(self) -> None:
        """Nothing to stop."""


def job_environment(server_url: str, token: str) -> JobEnvironment:
    """The variables by which MLflow's client finds a server of ours."""
    return JobEnvironment(
        plain={"MLFLOW_TRACKING_URI": f"{server_url}{PREFIX}"},
        secret={"MLFLOW_TRACKING_TOKEN": token},
    )
