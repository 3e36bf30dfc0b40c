"""One process of a replica: started, connected to, probed, ended."""

from __future__ import annotations

import asyncio
import socket
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from drivetrain.errors import UnavailableError
from drivetrain.serve import processes
from drivetrain.serve.front.frames_link import FramesLink
from drivetrain.serve.front.http_link import HOST, HttpLink
from drivetrain.serve.front.pool import Seat
from drivetrain.serve.front.process import end, ended, ending, kill, outgrown
from drivetrain.serve.model import InstanceState, Speaks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drivetrain.serve.front.call import Answer, Call
    from drivetrain.serve.front.ground import Ground
    from drivetrain.serve.front.pool import Link, Pool
    from drivetrain.serve.front.replica_log import LogPipe, ReplicaLog
    from drivetrain.serve.model import Deployment, Launch
    from drivetrain.serve.processes import Replica

FIRST_LOOK_SECONDS = 0.02
"""How often it is looked whether a replica that starts is ready; Azure's `period` is for later."""
DEAD_SECONDS = 1.0
"""How long a process may live on that has closed its connection."""


class Words(NamedTuple):
    """Where the process is to listen."""

    socket: str = ""
    port: int = 0


class Life:
    """Of one process. It takes and leaves its place in the pool by itself."""

    def __init__(
        self,
        launch: Launch,
        deployment: Callable[[], Deployment],
        pool: Pool,
        ground: Ground,
        log: ReplicaLog,
        folder: Path,
    ) -> None:
        """`deployment` gives what probes and variables are taken from now; `folder` is the replica's own."""
        self._folder = folder
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
        words, replica = self._words(), None
        pipe = self._log.open()
        try:
            replica = self._started(words, pipe.descriptor)
        except UnavailableError as error:
            return error.message
        finally:
            pipe.handed_over()
            if replica is None:
                pipe.close()
        return await self._lived(replica, words, pipe)

    def _started(self, words: Words, output: int) -> Replica:
        variables = self._deployment().spec.variables
        return processes.start(
            self._launch, variables, folder=self._folder, log=output, socket=words.socket, port=words.port
        )

    async def drain(self, seconds: float) -> None:
        """Take nothing new, and wait until what it has is answered."""
        self._become(InstanceState.ENDING)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._owes():  # noqa: ASYNC110 - once in the life of a replica
                    await asyncio.sleep(FIRST_LOOK_SECONDS)

    def _owes(self) -> bool:
        """Whether a caller waits for it: those who were told 408 do not."""
        return self._link is not None and any(not call.answered for call in self._link.held())

    def end(self) -> None:
        """Have it end; `run` returns when it has."""
        self._ending.set()

    @property
    def link(self) -> Link | None:
        """How it is spoken to, once it listens."""
        return self._link

    def _words(self) -> Words:
        if self._launch.speaks is Speaks.HTTP:
            return Words(port=_free_port())
        return Words(socket=str(self._ground.socket()))

    async def _lived(self, replica: Replica, words: Words, pipe: LogPipe) -> str:
        self.pid = replica.pid
        self._ground.began(replica.pid)
        exited = self._loop.create_task(ended(replica))
        others = [self._loop.create_task(each) for each in (self._looked_after(replica, words), self._ending.wait())]
        try:
            await asyncio.wait({exited, *others}, return_when=asyncio.FIRST_COMPLETED)
            return await self._ended(replica, exited, others[0])
        finally:
            for task in others:
                task.cancel()
            self._ground.over(replica.pid)
            self._ground.forget_socket(words.socket)
            pipe.close()
            self.pid = 0

    async def _ended(self, replica: Replica, exited: asyncio.Task[int], looking: asyncio.Task[Any]) -> str:
        """See that the process ends, and that nobody waits for it; why it did."""
        why = _why(looking)
        self._leave()
        if self._ending.is_set():
            await end(replica, exited)
        elif why:
            await asyncio.wait({exited}, timeout=DEAD_SECONDS if self._lost.is_set() else 0.0)
            died = exited.done()
            kill(replica.pid)
            why = "" if died else why
        code = await exited
        if self._link is not None:
            self._link.close()
        return why or ending(code)

    async def _looked_after(self, replica: Replica, words: Words) -> str:
        """Returns when it has to be ended: why."""
        opening = self._loop.create_task(self._opened(words))
        watching = [
            self._loop.create_task(each)
            for each in (self._lost_connection(), self._liveness(), outgrown(replica, self._launch.limits))
        ]
        ready = self._loop.create_task(self._readiness())
        try:
            done, _ = await asyncio.wait([*watching, ready], return_when=asyncio.FIRST_COMPLETED)
            return done.pop().result()
        finally:
            for task in (opening, *watching, ready):
                task.cancel()

    async def _lost_connection(self) -> str:
        await self._lost.wait()
        return "closed its connection"

    async def _opened(self, words: Words) -> None:
        while self._link is None:
            with suppress(OSError):
                self._link = self._seat.link = await self._connected(words)
                return
            await asyncio.sleep(FIRST_LOOK_SECONDS)

    async def _connected(self, words: Words) -> Link:
        told = (self._answered, self._returned, self._went)
        if words.port:
            return await HttpLink.opened(words.port, self._launch, *told)
        return await FramesLink.opened(words.socket, *told)

    async def _liveness(self) -> str:
        began, failures = self._loop.time(), 0
        while failures < (probe := self._deployment().spec.liveness).failure_threshold:
            await asyncio.sleep(probe.period)
            alive = self._link is not None and await self._link.ping(probe.timeout, ready=False)
            counts = self._loop.time() - began > probe.initial_delay
            failures = failures + 1 if counts and not alive else 0
        return f"did not answer its liveness probe {failures} times"

    async def _readiness(self) -> str:
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


def _why(looking: asyncio.Task[str]) -> str:
    """What it came to; our own failure is one of this replica, too: it is started again."""
    if not looking.done():
        return ""
    failure = looking.exception()
    if failure is not None:
        traceback.print_exception(failure)
        return f"the front failed at it: {failure!r}"
    return looking.result()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
