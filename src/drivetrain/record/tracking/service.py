"""Tracking: MLflow itself, with a journal in front of its hot writes."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING, Any

from drivetrain.errors import UnavailableError
from drivetrain.record.tracking.applier import Applier
from drivetrain.record.tracking.hosting import Worker
from drivetrain.record.tracking.journal import Journal
from drivetrain.record.tracking.known import KnownRuns
from drivetrain.record.tracking.summaries import Summaries

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    import httpx

    from drivetrain.record.tracking.model import HotWrite
    from drivetrain.record.tracking.ports import Registrations, TrainingRuns

_log = logging.getLogger(__name__)
_MOST_WAITING = 50_000


class Tracking:
    """The tracking of one home folder. Make it anywhere; start it inside the event loop that will use it."""

    def __init__(
        self,
        folder: Path,
        training_runs: TrainingRuns | None = None,
        *,
        registrations: Registrations | None = None,
        linger: float = 0.25,
        pause: float = 0.5,
    ) -> None:
        """Remember where; nothing is read or started yet.

        Args:
            folder: `Home.mlflow`; made when needed.
            training_runs: where summaries go. With None they wait in the folder for a later process.
            registrations: is told who registers models and gives aliases.
            linger: seconds that acknowledged writes gather before they are brought to MLflow.
            pause: seconds after a write before the summary is renewed.
        """
        self._folder = folder
        self._training_runs = training_runs
        self.registrations = registrations
        self._linger = linger
        self._pause = pause
        self._running: _Running | None = None
        self._stopped = False

    async def start(self) -> None:
        """Open the journal. MLflow is started only if something waits for it, else when first asked for."""
        self._stopped = False
        if self._running is None:
            self._running = _Running(self._folder, self._training_runs, self._linger, self._pause)
            self._running.start()

    async def stop(self) -> None:
        """Bring what waits to MLflow, as far as it can be had, and end its process."""
        self._stopped = True
        running, self._running = self._running, None
        if running is not None:
            await running.stop()

    async def accept(self, write: HotWrite) -> bool:
        """Journal a write, if MLflow would surely take it; False: ask MLflow itself.

        Raises:
            UnavailableError: neither the journal nor MLflow can be had.
        """
        return await (await self._started()).accept(write)

    async def flush(self) -> None:
        """Return when MLflow has everything that was acknowledged.

        Raises:
            UnavailableError: MLflow cannot be had; nothing is lost.
        """
        await (await self._started()).applier.flush()

    async def client(self) -> httpx.AsyncClient:
        """An HTTP client for MLflow's server, which is started if it is not there.

        Raises:
            UnavailableError: it does not start.
        """
        return await (await self._started()).worker.client()

    async def hold(self, run_id: str | None) -> AbstractContextManager[None]:
        """A context in which writes to this run (None: to any) go to MLflow itself, because it may change."""
        return (await self._started()).known.hold(run_id)

    async def ask(self, operation: str, arguments: dict[str, str]) -> dict[str, Any] | None:
        """MLflow's answer to a GET below /api/2.0/mlflow, without what was not flushed; None when it has no such
        thing. Raises UnavailableError.
        """
        return await (await self._started()).ask(operation, arguments)

    async def created(self, run_id: str) -> None:
        """MLflow answered that it made this run."""
        running = await self._started()
        running.known.learn(run_id, {}, running.known.generation)
        running.summaries.mark(run_id)

    async def create_run(self, run_id: str, request: Mapping[str, object]) -> httpx.Response:
        """Have MLflow make a training run under an id that the caller chose, as Azure ML's are the names of its jobs;
        `request` is the body of MLflow's `runs/create`. MLflow's answer. Raises UnavailableError.
        """
        response = await (await self._started()).worker.create_run(run_id, request)
        if response.is_success:
            await self.created(run_id)
        return response

    async def touched(self, run_id: str) -> None:
        """MLflow was asked to change this run: its summary is to be renewed."""
        (await self._started()).summaries.mark(run_id)

    async def settled(self) -> None:
        """Return when MLflow has everything and the summaries say so.

        Raises:
            UnavailableError: MLflow cannot be had.
        """
        running = await self._started()
        await running.applier.flush()
        await running.summaries.renew()

    @property
    def artifacts(self) -> Path:
        """The folder behind MLflow's artifact proxy."""
        return self._folder / "artifacts"

    @property
    def worker_pid(self) -> int | None:
        """The process that hosts MLflow, when it runs."""
        return self._running.worker.pid if self._running is not None else None

    async def _started(self) -> _Running:
        if self._running is None and not self._stopped:
            await self.start()
        if self._running is None:
            raise UnavailableError("tracking was stopped", hint="start the server again")
        return self._running


class _Running:
    """The parts of a started `Tracking`, bound to one event loop."""

    def __init__(self, folder: Path, training_runs: TrainingRuns | None, linger: float, pause: float) -> None:
        self._journal = Journal(folder / "journal")
        self.known = KnownRuns()
        self.worker = Worker(folder)
        self.summaries = Summaries(folder / "summaries", self.ask, training_runs, pause=pause)
        self.applier = Applier(
            self._journal,
            self.worker.apply,
            refused=folder / "refused.jsonl",
            on_applied=self.summaries.mark,
            linger=linger,
        )

    def start(self) -> None:
        for entry in self._journal.recover():
            self.applier.add(entry)
        self.applier.start()
        self.summaries.start()

    async def stop(self) -> None:
        await self.applier.stop()
        await self.summaries.stop()
        try:
            if self.applier.waiting:
                await self.applier.flush()
            if self.summaries.waiting:
                await self.summaries.renew()
        except UnavailableError as error:
            _log.warning("tracking stops with writes in its journal: %s", error.message)
        finally:
            self._journal.close()
            await self.worker.stop()

    async def accept(self, write: HotWrite) -> bool:
        if self.applier.waiting >= _MOST_WAITING:
            await self.applier.flush()
        if not self.known.knows(write.run_id):
            await self._ask_about(write.run_id)
        if not self.known.admits(write):
            return False
        self.applier.add(self._journal.append(write.line()))
        self.known.record(write)
        return True

    async def _ask_about(self, run_id: str) -> None:
        generation = self.known.generation
        await self.applier.flush()
        answer = await self.ask("runs/get", {"run_id": run_id})
        if answer is None or answer["run"]["info"].get("lifecycle_stage") != "active":
            return
        params = answer["run"].get("data", {}).get("params", [])
        self.known.learn(run_id, {param["key"]: param.get("value", "") for param in params}, generation)

    async def ask(self, operation: str, arguments: dict[str, str]) -> dict[str, Any] | None:
        """MLflow's answer to a GET below /api/2.0/mlflow; None when it has no such thing."""
        import httpx  # noqa: PLC0415 - only needed once MLflow is wanted

        client = await self.worker.client()
        try:
            answer = await client.get(f"/api/2.0/mlflow/{operation}", params=arguments)
        except httpx.TransportError as error:
            raise UnavailableError(f"MLflow did not answer: {error!r}", hint="try again") from error
        if answer.is_server_error:
            raise UnavailableError(f"MLflow answered {answer.status_code}: {answer.text[:200]}")
        if answer.is_error:
            return None
        with contextlib.suppress(ValueError):
            document = answer.json()
            return document if isinstance(document, dict) else None
        return None
