"""Serves MLflow's front and the Azure edge on inherited sockets, for the jobs of one foreground run:
`python -m drivetrain.wire.tracking_process HOME FD FD FD REPORT`.

The edge is loaded when somebody connects to it. The process ends with its standard input, or, where Azure ML jobs were
submitted to it, when they are done; then it says so by a byte to REPORT, and nobody waits for it. A server that is
started meanwhile leaves those jobs to it; if it is killed, the next server takes them over.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.home import Home
from drivetrain.view.api.mlflow.standalone import serve
from drivetrain.wire.azure_variables import LOOPBACK
from drivetrain.wire.seldom import load
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from drivetrain.record.tracking.service import Tracking
    from drivetrain.view.api.mlflow.ports import Identity
    from drivetrain.wire.private_edge import PrivateEdge

JOBS_SECONDS = 0.2
"""How often it is looked whether the jobs are done that the process stays for."""
MARKING_SECONDS = 60.0
"""How long it is waited that they say so themselves; else the next server lets them."""


class EdgeWhenAsked:
    """What is served beside MLflow: the edge, once somebody has connected."""

    def __init__(self, storage: Storage, bound: socket.socket, proxy: socket.socket, url: str, report: int) -> None:
        self._storage = storage
        self._bound = bound
        self._proxy = proxy
        self._url = url
        self._report = report
        self._edge: PrivateEdge | None = None

    def identify(self, token: str) -> Identity | None:
        """Whose the token of a job is that was started here."""
        return None if self._edge is None else self._edge.identify(token)

    async def serve(self, tracking: Tracking) -> None:
        """Wait for somebody, and serve until told to end."""
        loop = asyncio.get_running_loop()
        connected = asyncio.Event()
        for each in (self._bound, self._proxy):
            loop.add_reader(each, connected.set)
        try:
            await connected.wait()
        finally:
            for each in (self._bound, self._proxy):
                loop.remove_reader(each)
        self._edge = await asyncio.to_thread(self._load, tracking)
        await self._edge.serve()

    def _load(self, tracking: Tracking) -> PrivateEdge:
        edge: PrivateEdge = load("wire.private_edge:PrivateEdge")(
            self._storage, tracking, self._bound, self._proxy, self._url
        )
        return edge

    async def drain(self) -> None:
        """Wait for the jobs that were submitted here."""
        edge = self._edge
        if edge is None or not edge.unfinished():
            return
        os.write(self._report, b"+")
        os.close(self._report)
        while edge.unfinished():  # noqa: ASYNC110 - they are in the database: nobody tells us
            await asyncio.sleep(JOBS_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(MARKING_SECONDS):
                while edge.unmarked():  # noqa: ASYNC110 - likewise
                    await asyncio.sleep(JOBS_SECONDS)

    def end(self) -> None:
        """Answer nobody any more."""
        if self._edge is not None:
            self._edge.end()


def main(home: Home, plain: int, secure: int, proxy: int, report: int) -> None:
    """Serve until standard input ends."""
    for descriptor in (plain, secure, proxy, report):
        os.set_inheritable(descriptor, False)
    bound, storage = socket.socket(fileno=plain), Storage(home)
    url = f"http://{LOOPBACK}:{bound.getsockname()[1]}"
    edge = EdgeWhenAsked(storage, socket.socket(fileno=secure), socket.socket(fileno=proxy), url, report)
    serve(bound, load("wire.registry.models:tracking")(storage), edge)


if __name__ == "__main__":
    main(Home(Path(sys.argv[1])), *(int(each) for each in sys.argv[2:]))
