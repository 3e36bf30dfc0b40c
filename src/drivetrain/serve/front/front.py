"""The front itself: carries out what is wanted, and goes on while nobody tells it otherwise."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from drivetrain.clock import timestamp
from drivetrain.errors import DrivetrainError, NotFoundError
from drivetrain.serve.front.access import Access
from drivetrain.serve.front.connection import Door
from drivetrain.serve.front.routes import Routes
from drivetrain.serve.front.served import Served
from drivetrain.serve.model import Status, Tally

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping

    from drivetrain.clock import Clock
    from drivetrain.serve.front.ground import Ground
    from drivetrain.serve.front.ports import Read, Tokens
    from drivetrain.serve.measures.ports import Observer
    from drivetrain.serve.model import Wanted

POLL_SECONDS = 2.0
"""How often it looks by itself whether something else is wanted: whoever changed that may have died since."""
DRAIN_SECONDS = 30.0
"""How long callers that wait are waited for when it ends."""
ENDED_LOOK_SECONDS = 0.02


class Front:
    """Serves one endpoint on a socket that listens."""

    def __init__(
        self,
        read: Read,
        ground: Ground,
        tokens: Tokens,
        observer: Callable[[Wanted], Observer | None],
        clock: Clock,
        *,
        metrics: Callable[[Front, Wanted], bytes],
    ) -> None:
        """`observer` gives who is told of each request, as long as this is wanted; `metrics` what /metrics says."""
        self._observer = observer
        self._metrics = metrics
        self._wanted: Wanted
        self._read = read
        self._ground = ground
        self._tokens = tokens
        self._started_at = timestamp(clock.now())
        self._routes = Routes(lambda: self._metrics(self, self._wanted))
        self._door = Door(self._handle, self._routes.admits, self._routes.look)
        self._served: dict[str, Served] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._generation = -1
        self._listening: socket.socket
        self._server: asyncio.Server
        self._applying = asyncio.Lock()
        self._over = asyncio.Event()
        self._leaving = False
        """Another front listens at the same socket: callers that keep their connections may go over to it in peace."""

    @property
    def listening(self) -> socket.socket:
        """Where it listens."""
        return self._listening

    async def open(self, listening: socket.socket) -> None:
        """Take callers from there."""
        self._listening = listening
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._door, sock=listening, backlog=1024)

    async def run(self) -> None:
        """Until it is told to end, or the endpoint is deleted; then it drains."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._over.set)
        ticking = [loop.create_task(self._tick()), loop.create_task(self._poll())]
        await self._over.wait()
        for task in ticking:
            task.cancel()
        await self._drain()

    def end(self) -> None:
        """Have `run` return, once callers have their answers."""
        self._over.set()

    async def apply(self) -> None:
        """Carry out what is wanted now. Raises NotFoundError when there is no such endpoint, or what reading raises."""
        async with self._applying:
            wanted = await asyncio.to_thread(self._read)
            if wanted.endpoint.generation != self._generation:
                self._carry_out(wanted)
                self._generation = wanted.endpoint.generation

    def status(self) -> Status:
        """As it is now."""
        host, port = self._listening.getsockname()[:2]
        named = f"[{host}]" if ":" in host else host
        return Status(
            pid=os.getpid(),
            generation=self._generation,
            url=f"http://{named}:{port}",
            started_at=self._started_at,
            asleep=tuple(name for name, served in self._served.items() if served.fleet.asleep),
            instances=tuple(instance for served in self._served.values() for instance in served.instances()),
            tallies=self.tallies,
        )

    @property
    def tallies(self) -> Mapping[str, Tally]:
        """What each deployment has answered since the start; also when nothing is answered any more."""
        return {name: served.counts.tally() for name, served in self._served.items()}

    async def answer(self, asked: Mapping[str, Any]) -> Any:
        """What is asked on the control socket; see control.py."""
        match asked.get("do"):
            case "apply":
                await self.apply()
            case "stop" | "leave":
                self._leaving = asked["do"] == "leave"
                asyncio.get_running_loop().call_soon(self.end)
                return {}
            case _:
                pass
        return self.status()

    async def ready(self) -> None:
        """Until each deployment with traffic has been ready once."""
        wanted = [served for served in self._served.values() if self._routes.has_traffic(served.name)]
        await asyncio.gather(*(served.ready() for served in wanted))

    def _handle(self, call: Any) -> None:
        try:
            self._routes.handle(call)
        except Exception:  # noqa: BLE001 - one request that we fail at must not end the others
            traceback.print_exc()
            self._routes.failed(call)

    def _carry_out(self, wanted: Wanted) -> None:
        """Change what has changed. New deployments are there before traffic is led to them, old ones go after."""
        for deployment in wanted.deployments:
            served = self._served.get(deployment.name)
            if served is None:
                self._served[deployment.name] = Served(deployment, self._ground)
            else:
                served.change(deployment)
        named = {deployment.name for deployment in wanted.deployments}
        gone = [self._served.pop(name) for name in tuple(self._served) if name not in named]
        access = Access(wanted.endpoint, wanted.key_digests, self._tokens)
        self._wanted = wanted
        self._routes.apply(wanted.endpoint, self._served, access, self._observer(wanted))
        for served in gone:
            task = asyncio.create_task(served.end())
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            self._door.tick()
            for served in self._served.values():
                served.tick()

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(POLL_SECONDS)
            try:
                await self.apply()
            except NotFoundError:
                self.end()
            except DrivetrainError as error:
                print(f"cannot read what is wanted: {error.message}", file=sys.stderr, flush=True)  # noqa: T201

    async def _drain(self) -> None:
        """Take no more callers, answer those that wait, end the replicas."""
        self._server.close()
        self._door.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while self._door.busy or (self._leaving and self._door.connections):
                    self._door.tick()
                    await asyncio.sleep(ENDED_LOOK_SECONDS)
        await asyncio.gather(*(served.end() for served in self._served.values()), *self._ending)
        self._door.abort()
