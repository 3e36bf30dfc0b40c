"""Jobs of Azure Machine Learning from a terminal: submitted as their clients do it, and watched to their end.

The server carries them out. Where none runs, a process of our own does, as for the jobs that runs in the foreground
submit (wire/tracking_process.py).
"""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING, Protocol

from drivetrain.errors import UnavailableError
from drivetrain.registry.versions.reproduction import CannotError
from drivetrain.run.model import State
from drivetrain.run.sweeps.workspace import WorkspaceJobs
from drivetrain.settings import load
from drivetrain.view.owner_token import read_or_make
from drivetrain.wire.azure_variables import AzureOfJobs, address_of, edge_variables
from drivetrain.wire.certificates import Certificates
from drivetrain.wire.server_process import find
from drivetrain.wire.tracking import PrivateTracking

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from drivetrain.home import Home
    from drivetrain.registry.model import Workspace
    from drivetrain.run.azureml.model import AzureJob
    from drivetrain.run.events import RunEvent
    from drivetrain.run.model import Run
    from drivetrain.wire.local import Woken
    from drivetrain.wire.server_process import ServerInfo
    from drivetrain.wire.storage import Storage

LOOK_SECONDS = 0.1


class Carrier(Protocol):
    """Who carries jobs out."""

    @property
    def address(self) -> str:
        """Where clients of Azure find it."""
        ...

    def lives(self) -> bool:
        """Whether it still does."""
        ...

    def close(self) -> None:
        """Nobody here needs it any more."""
        ...


class ServerCarrier:
    """The server of a home."""

    def __init__(self, home: Home, server: ServerInfo) -> None:
        self._home = home
        self.address = address_of(server.azure_port)

    def lives(self) -> bool:
        """Whether it runs."""
        return find(self._home) is not None

    def close(self) -> None:
        """It goes on."""


class OwnCarrier:
    """A process of our own. It ends when nobody needs it and its jobs are done."""

    def __init__(self, storage: Storage) -> None:
        azure = AzureOfJobs(storage.home, load(storage.home), storage.runs.get)
        self._tracking = PrivateTracking(storage, azure)
        self.address = self._tracking.url
        self._tracking.begin()

    def lives(self) -> bool:
        """Whether it runs."""
        return self._tracking.serves()

    def close(self) -> None:
        """Let it end."""
        self._tracking.close()


def carrier_of(storage: Storage) -> Carrier:
    """The server, or a process of our own where none runs. Raises UnavailableError for an old server."""
    server = find(storage.home)
    if server is not None and not server.azure_port:
        raise UnavailableError(
            "the server that runs is of an older version", hint="drivetrain down, then drivetrain up"
        )
    return OwnCarrier(storage) if server is None else ServerCarrier(storage.home, server)


def jobs_of(storage: Storage, carrier: Carrier, workspace: Workspace) -> WorkspaceJobs:
    """The jobs of a workspace, asked for by the owner of the home. They raise UserError when they are refused, and
    UnavailableError when nobody answers any more.
    """
    Certificates(storage.home.azure).make()
    token = read_or_make(storage.home.token)

    def pause(_seconds: float) -> None:
        if not carrier.lives():
            raise UnavailableError("the server has ended", hint="drivetrain up, then try again")
        time.sleep(LOOK_SECONDS)

    return WorkspaceJobs(edge_variables(carrier.address, storage.home.azure, token), workspace.path, pause)


class JobDriver:
    """The Driver of the run that carries a job out."""

    def __init__(self, storage: Storage, carrier: Carrier, job: AzureJob, title: str) -> None:
        """`title` is what is reproduced, for the error that says how to go on."""
        self.storage = storage
        self._carrier = carrier
        self._job = job
        self._title = title

    def wake(self) -> None:
        """It looks soon anyway."""

    def drive(
        self,
        run: Run,
        observer: Callable[[Sequence[RunEvent]], None],
        on_engine: Callable[[Woken], None],
        *,
        after: int = 0,
    ) -> Run:
        """Watch it until the job, and its training run with it, has ended. Raises CannotError when nobody carries it
        out any more.
        """
        with closing(self._carrier):
            on_engine(self)
            while True:
                ended = self._ended(run.id)
                while events := self.storage.runs.events(run.id, after):
                    after = events[-1].seq
                    observer(events)
                observer(())
                if ended:
                    return self.storage.runs.get(run.id)
                self._wait(run.id)

    def _ended(self, run_id: int) -> bool:
        job = self.storage.azure_jobs.get(self._job.workspace, self._job.name)
        return job.status is not None and self.storage.runs.get(run_id).state is State.COMPLETED

    def _wait(self, run_id: int) -> None:
        if not self._carrier.lives():
            hint = f"drivetrain up goes on with it; then drivetrain reproduce {self._title} --against {run_id}"
            why = f"nobody carries the job {self._job.name} of run {run_id} out any more: the server has ended"
            raise CannotError(f"{self._title} is not made again yet: {why}", hint=hint)
        time.sleep(LOOK_SECONDS)
