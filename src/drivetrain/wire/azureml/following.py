"""Tells MLflow how jobs of Azure Machine Learning go: their training runs have the status of their pipeline runs.

Whatever the engine writes of such a run is followed at once. What was missed, because the server was killed, is made
up for when it starts again: what is told is worked out anew from the pipeline run, and telling it twice is harmless.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.clock import parse_timestamp
from drivetrain.errors import DrivetrainError, NotFoundError, UnavailableError
from drivetrain.run.azureml.model import JobStatus
from drivetrain.view.api.azure.history.runs import History
from drivetrain.view.api.azure.identity.model import Principal, PrincipalKind
from drivetrain.view.api.azure.jobs.models import Models
from drivetrain.wire.azureml.registering import register_outputs

if TYPE_CHECKING:
    from drivetrain.registry.model import Workspace
    from drivetrain.run.azureml.model import AzureJob, Progress
    from drivetrain.view.api.azure.edge import Edge
    from drivetrain.wire.storage import Storage

_log = logging.getLogger(__name__)
RETRY_SECONDS = 1.0
"""How long MLflow is left alone when it could not be had."""
_US = Principal(PrincipalKind.OWNER, "drivetrain")


class Follower:
    """Lives in the event loop that serves the edge; `note` may be called by any thread."""

    def __init__(self, storage: Storage, edge: Edge) -> None:
        self._storage = storage
        self._edge = edge
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news = asyncio.Event()
        self._waiting: set[int] = set()
        self._followed: set[int] = set()
        self._told: dict[tuple[str, str], JobStatus] = {}

    def follow(self, run_id: int) -> None:
        """A pipeline run that carries jobs out has been made."""
        self._followed.add(run_id)
        self.note(run_id)

    def note(self, run_id: int) -> None:
        """Something was written of a pipeline run."""
        if self._loop is not None and run_id in self._followed and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._look_at, run_id)

    def _look_at(self, run_id: int) -> None:
        self._waiting.add(run_id)
        self._news.set()

    async def serve(self) -> None:
        """Until it is canceled."""
        self._loop = asyncio.get_running_loop()
        for job in await asyncio.to_thread(self._storage.azure_jobs.unfinished):
            if job.run_id is not None:
                self._followed.add(job.run_id)
                self._look_at(job.run_id)
        while True:
            await self._news.wait()
            self._news.clear()
            waiting, self._waiting = self._waiting, set()
            for run_id in waiting:
                await self._safely(run_id)

    async def _safely(self, run_id: int) -> None:
        try:
            jobs = await asyncio.to_thread(self._storage.azure_jobs.of_run, run_id)
            for job in reversed(jobs):  # a pipeline job after its steps: it has ended when they have
                if job.status is None:
                    await self._tell(job)
            await asyncio.to_thread(self._edge.desk.end_failed, run_id)
        except UnavailableError as error:
            _log.warning("how run %s goes could not be told to MLflow: %s", run_id, error.message)
            asyncio.get_running_loop().call_later(RETRY_SECONDS, self._look_at, run_id)
        except DrivetrainError as error:
            _log.warning("how run %s goes could not be told: %s", run_id, error.message)
        except Exception:  # noqa: BLE001 - one job must not stop the others
            _log.exception("how run %s goes could not be told", run_id)

    async def _tell(self, job: AzureJob) -> None:
        progress = await asyncio.to_thread(self._edge.desk.progress, job)
        key = (job.workspace, job.name)
        if self._told.get(key) is progress.status:
            return
        workspace = await asyncio.to_thread(self._workspace, job)
        if progress.status is JobStatus.COMPLETED:
            await self._register(job, workspace)
        await self._tell_mlflow(job, workspace, progress)
        self._told[key] = progress.status
        if progress.status.final:
            await asyncio.to_thread(self._end, job, progress)
            self._told.pop(key, None)

    async def _register(self, job: AzureJob, workspace: Workspace) -> None:
        """Outputs with names become assets. One that cannot is told in the log: the job has succeeded all the same."""
        await asyncio.to_thread(register_outputs, self._storage.assets, workspace, job)
        try:
            await Models(self._edge, workspace, _US).register(job)
        except UnavailableError:
            raise
        except DrivetrainError as error:
            _log.warning("an output of the job %s cannot be a model: %s", job.name, error.message)

    def _workspace(self, job: AzureJob) -> Workspace:
        found = next((each for each in self._storage.workspaces.all() if each.id == job.workspace), None)
        if found is None:
            raise NotFoundError(f"the workspace of the job {job.name} was deleted")
        return found

    async def _tell_mlflow(self, job: AzureJob, workspace: Workspace, progress: Progress) -> None:
        history = History(self._edge, workspace, _US)
        try:
            run = await history.run(job.name)
        except NotFoundError:
            return  # deleted by its user, who does not want to hear of it
        if progress.status is JobStatus.FAILED:
            await history.keep(run, error=error_document(progress))
        ended = int(parse_timestamp(progress.finished_at).timestamp() * 1000) if progress.finished_at else None
        await history.set_status(run, str(progress.status), ended)

    def _end(self, job: AzureJob, progress: Progress) -> None:
        def ended(there: AzureJob) -> AzureJob:
            return replace(
                there,
                status=progress.status,
                reason=progress.reason,
                started_at=progress.started_at,
                finished_at=progress.finished_at,
            )

        self._storage.azure_jobs.change(job.workspace, job.name, ended)


def error_document(progress: Progress) -> dict[str, object]:
    """Why a job failed, as Azure's run history says it.

    https://learn.microsoft.com/rest/api/azureml/jobs/get#errordetail
    """
    code = "UserError" if progress.exit_code is not None else "SystemError"
    return {"error": {"code": code, "message": progress.reason[:4000] or "The job failed."}}
