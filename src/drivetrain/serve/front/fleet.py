"""The replicas of one launch of one deployment: as many as are wanted; none while nobody asks, if it may sleep."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from drivetrain.serve.front.pool import Pool
from drivetrain.serve.front.replica import Replica

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.serve.front.call import Call
    from drivetrain.serve.front.ground import Ground
    from drivetrain.serve.front.pool import Link
    from drivetrain.serve.model import Deployment, Instance, Launch

EXTRA_SECONDS = 5.0
"""How much longer than a request may take, a replica that is to end has for what it was asked."""


class Fleet:
    """Takes requests at once; they wait until a replica is ready."""

    def __init__(self, deployment: Deployment, launch: Launch, ground: Ground) -> None:
        self.deployment = deployment
        self.launch = launch
        self._ground = ground
        self._loop = asyncio.get_running_loop()
        self._replicas: list[Replica] = []
        self._leaving: dict[Replica, asyncio.Task[None]] = {}
        self._pool = Pool(deployment.spec.request, deployment.spec.instances)
        self.asleep = False
        self._asked_at = self._loop.time()
        self._resize()

    def submit(self, call: Call) -> None:
        """Have it answered; wakes the replicas when they sleep."""
        self._asked_at = self._loop.time()
        if self.asleep:
            self._wake()
        self._pool.submit(call)

    def change(self, deployment: Deployment) -> None:
        """Other settings for the same launch: how many, how long, how often; no replica that stays is started anew."""
        self.deployment = deployment
        self._pool.settings = deployment.spec.request
        self._pool.instances = deployment.spec.instances
        for replica in self._replicas:
            replica.deployment = deployment
        if self.asleep and not deployment.spec.sleeps_after:
            self._wake()
        elif not self.asleep:
            self._resize()

    def tick(self) -> None:
        """Called each second: sends it to sleep when nobody asks. The time counts from when all replicas are ready."""
        after = self.deployment.spec.sleeps_after
        if not all(replica.ready.is_set() for replica in self._replicas):
            self._asked_at = self._loop.time()
        if after and not self.asleep and not self._pool.busy and self._loop.time() - self._asked_at > after:
            self.asleep = True
            self._shrink(0)

    async def ready(self) -> None:
        """Until each of its replicas has been ready once."""
        await asyncio.gather(*(replica.ready.wait() for replica in self._replicas))

    def dismiss(self) -> Sequence[Call]:
        """End its replicas once they have answered what they have; what waits for one is given back, at once."""
        self._shrink(0)
        return self._pool.leave()

    async def ended(self) -> None:
        """Until its replicas are no more."""
        while self._leaving:
            await asyncio.gather(*self._leaving.values())

    @property
    def busy(self) -> bool:
        """Whether it owes anybody an answer."""
        return self._pool.busy

    @property
    def links(self) -> Sequence[Link]:
        """Those of its ready replicas."""
        return [link for replica in self._replicas if (link := replica.link) is not None]

    def instances(self) -> Sequence[Instance]:
        """Its replicas, those that are ending too."""
        return [replica.instance() for replica in (*self._replicas, *self._leaving)]

    def _wake(self) -> None:
        self.asleep = False
        self._pool.waking = True
        self._resize()

    def _resize(self) -> None:
        wanted = self.deployment.spec.instances
        self._shrink(wanted)
        taken = {replica.number for replica in self._replicas}
        for number in range(wanted):
            if number not in taken:
                replica = Replica(number, self.deployment, self.launch, self._pool, self._ground)
                self._replicas.append(replica)

    def _shrink(self, wanted: int) -> None:
        seconds = self.deployment.spec.request.timeout_ms / 1000 + EXTRA_SECONDS
        self._replicas.sort(key=lambda replica: replica.number)
        while len(self._replicas) > wanted:
            replica = self._replicas.pop()
            self._leaving[replica] = ending = self._loop.create_task(replica.end(seconds))
            ending.add_done_callback(partial(self._left, replica))

    def _left(self, replica: Replica, _: object) -> None:
        self._leaving.pop(replica, None)
