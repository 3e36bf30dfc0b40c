"""One process of a replica: started, connected to, probed, ended."""

from __future__ import annotations

import asyncio
import signal
import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.serve.front.frames_link import FramesLink
from drivetrain.serve.front.http_link import HOST, HttpLink
from drivetrain.serve.front.pool import Seat
from drivetrain.serve.front.process import end, ended, ending, signaled
from drivetrain.serve.model import InstanceState, Speaks

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.serve.front.call import Answer, Call
    from drivetrain.serve.front.ground import Ground
    from drivetrain.serve.front.pool import Link, Pool
    from drivetrain.serve.front.ports import Process
    from drivetrain.serve.front.replica_log import LogPipe, ReplicaLog
    from drivetrain.serve.model import Deployment, Launch

FIRST_LOOK_SECONDS = 0.02
"""How often it is looked whether a replica that starts is ready; Azure's `period` is for later."""
DEAD_SECONDS = 1.0
"""How long a process may live on that has closed its connection."""


class Life:
    """Of one process. It takes and leaves its place in the pool by itself."""

    def __init__(
        self, launch: Launch, deployment: Callable[[], Deployment], pool: Pool, ground: Ground, log: ReplicaLog
    ) -> None:
        """`deployment` gives what probes and variables are taken from now."""
        self._launch = launch
        self._deployment = deployment
        self._pool = pool
        self._ground = ground
        self._log = log
        self._loop = asyncio.get_running_loop()
        self._seat = Seat()
        self._link: Link | None = None
        self._lost = asyncio.Event()
        self._ending = asyncio.Event()
        self.pid = 0
        self.state = InstanceState.STARTING
        self.became: Callable[[InstanceState], None] = lambda _: None
        """Told of each new state."""

    async def run(self) -> str:
        """The whole of it; why it ended."""
        words, process = self._words(), None
        pipe = self._log.open()
        try:
            process = self._ground.start(self._launch, self._deployment().spec.variables, words, pipe.descriptor)
        except OSError as error:
            return f"cannot be started: {error.strerror or error}"
        finally:
            pipe.handed_over()
            if process is None:
                pipe.close()
        return await self._lived(process, words, pipe)

    async def drain(self, seconds: float) -> None:
        """Take nothing new, and wait until what it has is answered."""
        self._become(InstanceState.ENDING)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._seat.idle.wait()

    def end(self) -> None:
        """Have it end; `run` returns when it has."""
        self._ending.set()

    @property
    def link(self) -> Link | None:
        """How it is spoken to, once it listens."""
        return self._link

    def _words(self) -> dict[str, str]:
        if self._launch.speaks is Speaks.HTTP:
            return {"port": str(_free_port())}
        path = self._ground.socket()
        return {"socket": str(path)}

    async def _lived(self, process: Process, words: dict[str, str], pipe: LogPipe) -> str:
        self.pid = process.pid
        self._ground.began(process.pid)
        exited = self._loop.create_task(ended(process))
        others = [self._loop.create_task(each) for each in (self._looked_after(words), self._ending.wait())]
        try:
            await asyncio.wait({exited, *others}, return_when=asyncio.FIRST_COMPLETED)
            return await self._ended(process, exited, others[0])
        finally:
            for task in others:
                task.cancel()
            self._ground.over(process.pid)
            for socket_path in filter(None, [words.get("socket")]):
                Path(socket_path).unlink(missing_ok=True)
            pipe.close()
            self.pid = 0

    async def _ended(self, process: Process, exited: asyncio.Task[int], looking: asyncio.Task[str]) -> str:
        """See that the process ends, and that nobody waits for it; why it did."""
        why = str(looking.result()) if looking.done() else ""
        self._leave()
        if self._ending.is_set():
            await end(process, exited)
        elif why:
            await asyncio.wait({exited}, timeout=DEAD_SECONDS if self._lost.is_set() else 0.0)
            died = exited.done()
            signaled(process.pid, signal.SIGKILL)
            why = "" if died else why
        code = await exited
        if self._link is not None:
            self._link.close()
        return why or ending(code)

    async def _looked_after(self, words: dict[str, str]) -> str:
        """Returns when it has to be ended: why."""
        tasks = [
            self._loop.create_task(each)
            for each in (self._opened(words), self._liveness(), self._readiness(), self._lost.wait())
        ]
        try:
            await asyncio.wait(tasks[1:], return_when=asyncio.FIRST_COMPLETED)
            return "closed its connection" if self._lost.is_set() else str(tasks[1].result())
        finally:
            for task in tasks:
                task.cancel()

    async def _opened(self, words: dict[str, str]) -> None:
        while self._link is None:
            with suppress(OSError):
                self._link = self._seat.link = await self._connected(words)
                return
            await asyncio.sleep(FIRST_LOOK_SECONDS)

    async def _connected(self, words: dict[str, str]) -> Link:
        told = (self._answered, self._returned, self._went)
        if "port" in words:
            return await HttpLink.opened(int(words["port"]), self._launch, *told)
        return await FramesLink.opened(words["socket"], *told)

    async def _liveness(self) -> str:
        began, failures = self._loop.time(), 0
        while failures < (probe := self._deployment().spec.liveness).failure_threshold:
            await asyncio.sleep(probe.period)
            alive = self._link is not None and await self._link.ping(probe.timeout, ready=False)
            counts = self._loop.time() - began > probe.initial_delay
            failures = failures + 1 if counts and not alive else 0
        return f"did not answer its liveness probe {failures} times"

    async def _readiness(self) -> None:
        well, ill = 0, 0
        while True:
            probe = self._deployment().spec.readiness
            is_well = self._link is not None and await self._link.ping(probe.timeout, ready=True)
            well, ill = (well + 1, 0) if is_well else (0, ill + 1)
            if well >= probe.success_threshold:
                self._become(InstanceState.READY)
            elif self.state is InstanceState.READY and ill >= probe.failure_threshold:
                self._become(InstanceState.UNREADY)
            await asyncio.sleep(FIRST_LOOK_SECONDS if self.state is InstanceState.STARTING else probe.period)

    def _become(self, state: InstanceState) -> None:
        if state is self.state or self.state is InstanceState.ENDING:
            return
        self.state = state
        if state is InstanceState.READY:
            self._pool.add(self._seat)
        else:
            self._leave()
        self.became(state)

    def _leave(self) -> None:
        self._pool.remove(self._seat)

    # What the link calls.

    def _answered(self, call: Call, answer: Answer) -> None:
        self._pool.answered(self._seat, call, answer)

    def _returned(self, call: Call, begun: bool) -> None:  # noqa: FBT001 - a callback with two arguments
        self._pool.returned(self._seat, call, begun=begun)

    def _went(self) -> None:
        """Before the calls that it had are returned, lest they be given to it again."""
        self._leave()
        self._lost.set()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
