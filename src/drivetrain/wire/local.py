"""`drivetrain run`: the same launch, engine and runner in the foreground, without a server."""

from __future__ import annotations

import gc
import os
from contextlib import closing
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from drivetrain.run.engine import Engine
from drivetrain.run.executors.fork import Fork
from drivetrain.run.executors.local import LocalExecutor
from drivetrain.run.launch import EngineSettings
from drivetrain.source.snapshot import snapshot
from drivetrain.wire.azure_variables import AzureOfJobs
from drivetrain.wire.job_settings import pass_on
from drivetrain.wire.runner import main as run_job
from drivetrain.wire.server_process import find
from drivetrain.wire.tracking import PrivateTracking, ServerTracking

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from drivetrain.run.events import RunEvent
    from drivetrain.run.launch import Parts
    from drivetrain.run.model import Run
    from drivetrain.settings import Settings
    from drivetrain.source.snapshot import Snapshot
    from drivetrain.wire.storage import Storage


class Woken(Protocol):
    """What a signal can wake."""

    def wake(self) -> None:
        """Look at once. Safe to call in a handler of a signal."""
        ...


class Driver(Protocol):
    """Brings a run to its end while this terminal waits."""

    @property
    def storage(self) -> Storage:
        """Of its home."""
        ...

    def drive(
        self,
        run: Run,
        observer: Callable[[Sequence[RunEvent]], None],
        on_engine: Callable[[Woken], None],
        *,
        after: int = 0,
    ) -> Run:
        """The run as it has ended. `observer` gets its events with a seq greater than `after`, and is called often;
        `on_engine` gets what a signal is to wake.
        """
        ...


class Foreground(Struct, frozen=True):
    """Runs pipelines in this process, which must have a single thread: jobs are forked from it."""

    storage: Storage
    settings: Settings

    def take(self, folder: Path) -> Snapshot:
        """The working tree that `folder` is in, as a commit. Raises UserError, UnavailableError."""
        return snapshot(folder, self.storage.home.root / "snapshots")

    def drive(
        self,
        run: Run,
        observer: Callable[[Sequence[RunEvent]], None],
        on_engine: Callable[[Engine], None],
        *,
        after: int = 0,
    ) -> Run:
        """Drive a run to its end. `observer` gets its events with a seq greater than `after` as they are written, and
        is called often; `on_engine` gets the engine first, so that a signal can wake it.
        """
        # The command was started without, but from here on it may live for hours. What is there now, stays.
        gc.freeze()
        gc.enable()
        pass_on(self.settings)
        server = find(self.storage.home)
        azure = AzureOfJobs(self.storage.home, self.settings, self.storage.runs.get)
        found = ServerTracking(server, azure) if server else PrivateTracking(self.storage, azure)
        with closing(found) as tracking:

            def observe(events: Sequence[RunEvent]) -> None:
                tracking.look()
                observer(events)

            engine = Engine(self._parts(tracking))
            on_engine(engine)
            with closing(engine):
                return engine.drive(run.id, observe, after=after)

    def _parts(self, tracking: PrivateTracking | ServerTracking) -> Parts:
        storage = self.storage
        settings = EngineSettings(
            server_url=tracking.url,
            max_parallel_jobs=self.settings.max_parallel_jobs or os.cpu_count() or 1,
            keep_work=self.settings.keep_work,
            containers=self.settings.containers,
            other_projects=self.settings.artifacts_across_projects,
            environment=tracking.environment,
        )
        return storage.parts(LocalExecutor(Fork(run_job)), settings)
