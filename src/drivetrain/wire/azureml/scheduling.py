"""Makes the jobs of schedules when they are due.

A time is written down before it comes, and its job has its name from it: a server that dies in between makes it when it
comes back, and never twice. What came due while no server ran for longer than GRACE is left out, as on Azure nothing is
made up for after an outage or a time of being disabled; the schedule goes on with its next time.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from drivetrain.errors import ConflictError, DrivetrainError, NotFoundError, UnavailableError
from drivetrain.registry.model import AssetKind
from drivetrain.run.azureml.pipeline_ports import Due
from drivetrain.view.api.azure.identity.model import Principal, PrincipalKind
from drivetrain.view.api.azure.schedules.firing import fire
from drivetrain.view.api.azure.schedules.model import of_asset

if TYPE_CHECKING:
    from datetime import datetime

    from drivetrain.registry.model import Asset, Workspace
    from drivetrain.view.api.azure.edge import Edge
    from drivetrain.wire.storage import Storage

_log = logging.getLogger(__name__)
GRACE = timedelta(minutes=5)
"""How late a job may still be made."""
LONGEST_SLEEP = 30.0
"""Seconds: clocks are set, and machines sleep."""
RETRY_SECONDS = 1.0


class Scheduler:
    """Lives in the event loop that serves the edge; `wake` may be called by any thread."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news = asyncio.Event()

    def wake(self) -> None:
        """Times have changed."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._news.set)

    async def serve(self, edge: Edge) -> None:
        """Until it is canceled. Jobs are submitted to `edge`."""
        self._loop = asyncio.get_running_loop()
        while True:
            try:
                seconds = await self.look(edge)
            except DrivetrainError as error:
                _log.warning("schedules: %s; they are looked at again", error.message)
                seconds = RETRY_SECONDS
            except Exception:  # noqa: BLE001 - one schedule must not stop the others
                _log.exception("schedules could not be looked at; they are again")
                seconds = LONGEST_SLEEP
            try:
                await asyncio.wait_for(self._news.wait(), seconds)
            except TimeoutError:
                continue
            self._news.clear()

    async def look(self, edge: Edge) -> float:
        """Make what is due; how many seconds there is nothing more to do."""
        times = self._storage.schedule_times
        for due in await asyncio.to_thread(times.until, edge.clock.now()):
            await self._come(edge, due)
        upcoming = await asyncio.to_thread(times.next)
        if upcoming is None:
            return LONGEST_SLEEP
        return min(max((upcoming - edge.clock.now()).total_seconds(), 0.0), LONGEST_SLEEP)

    async def _come(self, edge: Edge, due: Due) -> None:
        """A schedule's time has come: make its job, and write its next time down."""
        try:
            workspace = await asyncio.to_thread(self._workspace, due.workspace)
            asset = await asyncio.to_thread(self._storage.assets.get, workspace.id, AssetKind.SCHEDULE, due.name)
            schedule = of_asset(asset)
        except DrivetrainError as error:
            _log.warning("the schedule %s is never due again: %s", due.name, error.message)
            await asyncio.to_thread(self._storage.schedule_times.delete, due.workspace, due.name)
            return
        now = edge.clock.now()
        if not schedule.enabled or now - due.at > GRACE:
            _log.info("the schedule %s has missed %s", due.name, due.at)
        else:
            await self._make(edge, workspace, asset, due)
        await asyncio.to_thread(self._set_next, due, schedule.next(max(now, due.at)))

    async def _make(self, edge: Edge, workspace: Workspace, asset: Asset, due: Due) -> None:
        """Raises UnavailableError when it has to be tried again."""
        who = Principal(PrincipalKind.OWNER, asset.updated_by or asset.created_by)
        try:
            name = await fire(edge, workspace, who, asset, due.at)
        except UnavailableError:
            raise
        except ConflictError as error:
            _log.info("%s", error.message)
        except DrivetrainError as error:
            _log.warning("the schedule %s could not make its job: %s", due.name, error.message)
        else:
            _log.info("the schedule %s has made the job %s", due.name, name)

    def _set_next(self, due: Due, at: datetime | None) -> None:
        if at is None:
            self._storage.schedule_times.delete(due.workspace, due.name)
        else:
            self._storage.schedule_times.put(Due(due.workspace, due.name, at))

    def _workspace(self, identity: str) -> Workspace:
        found = next((each for each in self._storage.workspaces.all() if each.id == identity), None)
        if found is None:
            raise NotFoundError("its workspace was deleted")
        return found
