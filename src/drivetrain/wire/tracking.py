"""Where the jobs of a foreground run find MLflow and Azure: at the server that runs, or at a process of their own.

Three listening sockets cost nothing. Only when a job connects is the process started that serves them
(`wire/tracking_process.py`).
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from drivetrain.record.tracking.model import JOB_TAG
from drivetrain.run.launch import JobEnvironment
from drivetrain.view.api.mlflow.ports import Identity
from drivetrain.wire.azure_variables import LOOPBACK, address_of, both
from drivetrain.wire.identities import run_tags
from drivetrain.wire.listening import listening

if TYPE_CHECKING:
    from drivetrain.run.model import JobSpec
    from drivetrain.wire.azure_variables import AzureOfJobs
    from drivetrain.wire.server_process import ServerInfo
    from drivetrain.wire.storage import Storage

PREFIX = "/mlflow"
MODULE = "drivetrain.wire.tracking_process"
END_SECONDS = 60.0
TRACKING_LOG = "tracking.log"


class PrivateTracking:
    """Addresses of MLflow and of Azure for the jobs of one foreground run."""

    def __init__(self, storage: Storage, azure: AzureOfJobs) -> None:
        self._storage = storage
        self._azure = azure
        self._sockets = [listening(LOOPBACK) for _ in range(3)]
        self._poll = select.poll()
        for each in self._sockets:
            self._poll.register(each, select.POLLIN)
        self._process: subprocess.Popen[bytes] | None = None
        self._report = -1
        self._waiting: list[bytes] = []

    @property
    def url(self) -> str:
        """Where jobs find the Azure DevOps API: `System.CollectionUri`."""
        return address_of(self._sockets[1].getsockname()[1])

    def environment(self, spec: JobSpec, token: str) -> JobEnvironment:
        """What a job's steps get, so that `import mlflow` finds its server, and `az` its Azure."""
        tags = {**run_tags(self._storage.runs.get(spec.run_id), ""), JOB_TAG: str(spec.ref)}
        del tags["drivetrain.run_url"]  # no server shows a page
        self._tell(msgspec.json.encode({token: Identity("job", tags, spec.run_id)}) + b"\n")
        plain, secure, proxy = (each.getsockname()[1] for each in self._sockets)
        found = job_environment(f"http://{LOOPBACK}:{plain}", token)
        return both(found, self._azure.environment(spec, token, address_of(secure), proxy))

    def look(self) -> None:
        """Start serving if somebody has connected. Call it often; it costs one system call."""
        if self._process is None and self._poll.poll(0):
            self._start()

    def begin(self) -> None:
        """Start serving at once, for somebody who is about to connect."""
        if self._process is None:
            self._start()

    def serves(self) -> bool:
        """Whether the process that serves lives."""
        return self._process is not None and self._process.poll() is None

    def close(self) -> None:
        """Stop listening; what was acknowledged is brought to MLflow first. Where Azure ML jobs that were submitted to
        the process are not done, it stays behind for them, and ends when they are.
        """
        for each in self._sockets:
            each.close()
        if self._process is None or self._process.stdin is None:
            return
        self._process.stdin.close()
        poll = select.poll()
        poll.register(self._report, select.POLLIN)
        if not poll.poll(END_SECONDS * 1000):
            # Nothing is lost: the journal keeps it for the next one who serves this home.
            self._process.terminate()
        elif os.read(self._report, 1):
            self._process.returncode = 0  # it stays behind; Popen must not complain that nobody waited for it
        else:
            self._process.wait(END_SECONDS)
        os.close(self._report)

    def _start(self) -> None:
        descriptors = [each.fileno() for each in self._sockets]
        self._report, write_end = os.pipe()
        self._storage.home.mlflow.mkdir(parents=True, exist_ok=True)
        with (self._storage.home.mlflow / TRACKING_LOG).open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", MODULE, str(self._storage.home.root), *map(str, descriptors), str(write_end)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=[*descriptors, write_end],
                start_new_session=True,
            )
        os.close(write_end)
        waiting, self._waiting = self._waiting, []
        for line in waiting:
            self._tell(line)

    def _tell(self, line: bytes) -> None:
        if self._process is None or self._process.stdin is None:
            self._waiting.append(line)
            return
        with suppress(BrokenPipeError):  # it has died: jobs see that nobody answers
            self._process.stdin.write(line)
            self._process.stdin.flush()


class ServerTracking:
    """The tracking of a server that runs already: it knows the jobs' tokens by itself."""

    def __init__(self, server: ServerInfo, azure: AzureOfJobs) -> None:
        self._server = server
        self._azure = azure

    @property
    def url(self) -> str:
        """Where jobs find the Azure DevOps API: `System.CollectionUri`."""
        return self._server.url

    def environment(self, spec: JobSpec, token: str) -> JobEnvironment:
        """What a job's steps get."""
        found = job_environment(self._server.url, token)
        if not self._server.azure_port:
            return found
        address, proxy = address_of(self._server.azure_port), self._server.proxy_port
        return both(found, self._azure.environment(spec, token, address, proxy))

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
