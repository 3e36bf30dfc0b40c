"""One replica: a process, and after it the next, as long as it is wanted."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

from drivetrain.serve.front.life import Life
from drivetrain.serve.model import Instance, InstanceState

if TYPE_CHECKING:
    from drivetrain.serve.front.ground import Ground
    from drivetrain.serve.front.pool import Link, Pool
    from drivetrain.serve.model import Deployment, Launch

FIRST_BACK_OFF = 0.5
LONGEST_BACK_OFF = 60.0
SETTLED_SECONDS = 60.0
"""Having lived so long, it is started at once again when it ends."""
PROBLEM_LINES = 5
PROBLEM_LENGTH = 1000


class Replica:
    """Runs until it is told to end."""

    def __init__(self, number: int, deployment: Deployment, launch: Launch, pool: Pool, ground: Ground) -> None:
        self.number = number
        self.deployment = deployment
        """What its probes and variables are taken from; a newer one may be put here."""
        self.ready = asyncio.Event()
        """It has been ready once."""
        self._launch = launch
        self._pool = pool
        self._ground = ground
        self._loop = asyncio.get_running_loop()
        self._log = ground.log(deployment.name, number)
        self._folder = ground.replica_folder(deployment.name, number)
        self._life: Life | None = None
        self._state = InstanceState.STARTING
        self._since = ground.now()
        self._restarts = 0
        self._failures = 0
        self._problem = ""
        self._ending = asyncio.Event()
        self._running = self._loop.create_task(self._run())

    @property
    def link(self) -> Link | None:
        """How it is spoken to now."""
        return self._life.link if self._life and self._life.state is InstanceState.READY else None

    def instance(self) -> Instance:
        """As it is now."""
        pid = self._life.pid if self._life else 0
        about = (self._state, pid, self._since, self._restarts, self._problem)
        return Instance(self.deployment.name, self.number, *about, build=self.deployment.build)

    async def end(self, seconds: float) -> None:
        """Give it nothing new, let it answer what it has within so many seconds, and end it."""
        self._ending.set()
        self._become(InstanceState.ENDING)
        if self._life is not None:
            await self._life.drain(seconds)
            self._life.end()
        await self._running
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    async def _run(self) -> None:
        while not self._ending.is_set():
            began = self._loop.time()
            self._become(InstanceState.STARTING)
            problem = await self._lived()
            if self._ending.is_set():
                return
            self._restarts += 1
            self._failures = 1 if self._loop.time() - began > SETTLED_SECONDS else self._failures + 1
            text = self._log.tail(PROBLEM_LINES)[-PROBLEM_LENGTH:]
            self._problem = f"{problem}\n{text}" if text else problem
            self._become(InstanceState.WAITING)
            await self._rest()

    async def _lived(self) -> str:
        self._life = Life(self._launch, lambda: self.deployment, self._pool, self._ground, self._log, self._folder)
        self._life.became = self._become
        try:
            return await self._life.run()
        finally:
            self._life = None

    async def _rest(self) -> None:
        """After the first failure it is started at once, as callers wait; then ever later."""
        seconds = min(LONGEST_BACK_OFF, FIRST_BACK_OFF * 2.0 ** (self._failures - 2)) if self._failures > 1 else 0.0
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._ending.wait()

    def _become(self, state: InstanceState) -> None:
        if self._state is InstanceState.ENDING:
            return
        self._state = state
        self._since = self._ground.now()
        if state is InstanceState.READY:
            self.ready.set()
