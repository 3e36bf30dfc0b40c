"""The stores of one home, built together; nothing is opened before it is used."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.clock import SystemClock
from drivetrain.run.checks.calls import Calls
from drivetrain.run.checks.gatekeeper import StoreGatekeeper
from drivetrain.run.launch import Parts
from drivetrain.run.library.gate import PermissionGates
from drivetrain.store.checks import SqliteChecks
from drivetrain.store.database import Database
from drivetrain.store.environments import SqliteEnvironments
from drivetrain.store.library import SqliteLibrary
from drivetrain.store.projects import SqliteProjects
from drivetrain.store.queries import SqliteRunQueries
from drivetrain.store.report_queries import SqliteReports
from drivetrain.store.rotation import Rotator
from drivetrain.store.runs import SqliteRunStore
from drivetrain.store.sealed_files import SealedFiles
from drivetrain.store.source_events import SqliteSourceEvents
from drivetrain.store.tokens import SqliteTokenStore
from drivetrain.store.training_runs import SqliteTrainingRuns
from drivetrain.store.vault import FileVault
from drivetrain.wire.desk import Desk
from drivetrain.wire.driven import is_driven

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drivetrain.clock import Clock
    from drivetrain.home import Home
    from drivetrain.run.launch import EngineSettings
    from drivetrain.run.model import JobRef
    from drivetrain.run.ports import Executor


class Storage:
    """Everything that is kept in a home."""

    def __init__(self, home: Home, clock: Clock | None = None) -> None:
        self.home = home
        self.clock = clock or SystemClock()

    @cached_property
    def database(self) -> Database:
        """The SQLite file."""
        return Database(self.home.database)

    @cached_property
    def runs(self) -> SqliteRunStore:
        """Runs and their events."""
        return SqliteRunStore(self.database, self.clock)

    @cached_property
    def queries(self) -> SqliteRunQueries:
        """What views read of runs."""
        return SqliteRunQueries(self.runs)

    @cached_property
    def reports(self) -> SqliteReports:
        """Test results and coverage."""
        return SqliteReports(self.database)

    @cached_property
    def projects(self) -> SqliteProjects:
        """The repositories that are watched."""
        return SqliteProjects(self.database, self.clock, self.vault)

    @cached_property
    def source_events(self) -> SqliteSourceEvents:
        """What has happened at sources."""
        return SqliteSourceEvents(self.database, self.clock)

    @cached_property
    def training_runs(self) -> SqliteTrainingRuns:
        """Summaries of training runs."""
        return SqliteTrainingRuns(self.database)

    @cached_property
    def tokens(self) -> SqliteTokenStore:
        """Tokens of jobs."""
        return SqliteTokenStore(self.database, clock=self.clock)

    @cached_property
    def library(self) -> SqliteLibrary:
        """Variable groups, connections, secure files, key vaults."""
        return SqliteLibrary(self.database, self.vault, self.sealed_files, clock=self.clock)

    @cached_property
    def sealed_files(self) -> SealedFiles:
        """The content of secure files."""
        return SealedFiles(self.home.secure_files, self.vault)

    @cached_property
    def rotator(self) -> Rotator:
        """Changes the key that seals secrets."""
        return Rotator(self.home, self.database, self.vault)

    @cached_property
    def checks(self) -> SqliteChecks:
        """Approvals and checks."""
        return SqliteChecks(self.database, self.clock)

    @cached_property
    def environments(self) -> SqliteEnvironments:
        """What is deployed to."""
        return SqliteEnvironments(self.database, self.clock)

    @cached_property
    def vault(self) -> FileVault:
        """Seals secrets."""
        return FileVault(self.home.secret_key)

    def parts(self, executor: Executor, settings: EngineSettings) -> Parts:
        """What an engine of this home works with."""
        calls = Calls(self.checks, self.clock, self.vault.open, settings.server_url)
        gates = PermissionGates(
            self.library,
            StoreGatekeeper(self.checks, self.clock, calls, partial(is_driven, self.home)),
            self._gate_decided,
        )
        parts = Parts(self.runs, executor, self.vault, self.tokens, self.clock, self.home, settings)
        return replace(parts, gates=gates, answers=self.checks, library=self.library)

    def _gate_decided(self, run_id: int, stage: str, attempt: int) -> bool:
        record = self.checks.gate(run_id, stage, attempt)
        return record is not None and record.closed

    def desk(self, wake: Callable[[], None] = lambda: None) -> Desk:
        """Where people decide; `wake` tells the engine."""
        return Desk(self.checks, self.runs, self.vault, self.clock, wake)

    def log_path(self, run_id: int, job: JobRef, attempt: int, step: int) -> Path:
        """Where the log of a step lies."""
        return self.home.run(run_id) / job.folder(attempt) / LOGS / f"{step:03d}.log"


LOGS = "logs"
