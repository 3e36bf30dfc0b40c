"""A deployment as it is served: by one fleet, and by the next once that is ready to take its place."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from drivetrain.serve.front.counts import Counts
from drivetrain.serve.front.fleet import Fleet
from drivetrain.serve.front.pool import NOT_READY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.serve.front.call import Call
    from drivetrain.serve.front.ground import Ground
    from drivetrain.serve.model import Deployment, Instance, Launch

MOST_COPIES = 64
"""Mirrored requests that it has at once; what is beyond is not copied."""


class Served:
    """One deployment of the endpoint, from the moment that its front knows it until it is taken away."""

    def __init__(self, deployment: Deployment, ground: Ground) -> None:
        self.name = deployment.name
        self.counts = Counts()
        self.copies = 0
        """Mirrored requests that it has now."""
        self._ground = ground
        self._ending: set[asyncio.Task[None]] = set()
        self._replacing: asyncio.Task[None] | None = None
        self._next: Fleet | None = None
        self._old: list[Fleet] = []
        self.fleet = Fleet(deployment, _launch(deployment), ground)

    @property
    def deployment(self) -> Deployment:
        """As callers find it now."""
        return self.fleet.deployment

    def submit(self, call: Call) -> None:
        """Have it answered."""
        self.fleet.submit(call)

    def change(self, deployment: Deployment) -> None:
        """Serve it as it is now. Another launch or other variables need new replicas; the old ones answer until these
        are ready.
        """
        newest = self._next or self.fleet
        if _process(newest.deployment) == _process(deployment):
            newest.change(deployment)
            return
        self._forget_next()
        if _process(self.fleet.deployment) == _process(deployment):
            self.fleet.change(deployment)
            return
        self._next = Fleet(deployment, _launch(deployment), self._ground)
        self._replacing = asyncio.create_task(self._replace(self._next))

    def tick(self) -> None:
        """Called each second."""
        self.fleet.tick()

    async def end(self) -> None:
        """Answer what it has, and end all its replicas."""
        self._forget_next()
        for call in self.fleet.dismiss():
            call.answer(NOT_READY)
        await self.fleet.ended()
        await asyncio.gather(*self._ending)

    async def ready(self) -> None:
        """Until its replicas have been ready once."""
        await self.fleet.ready()

    @property
    def busy(self) -> bool:
        """Whether it owes anybody an answer."""
        return any(fleet.busy for fleet in self._fleets())

    def instances(self) -> Sequence[Instance]:
        """All its replicas."""
        return [instance for fleet in self._fleets() for instance in fleet.instances()]

    def _fleets(self) -> list[Fleet]:
        return [self.fleet, *([self._next] if self._next else []), *self._old]

    async def _replace(self, following: Fleet) -> None:
        if not self.fleet.asleep:
            await following.ready()
        old, self.fleet, self._next, self._replacing = self.fleet, following, None, None
        for call in old.dismiss():
            following.submit(call)
        self._see_off(old)

    def _forget_next(self) -> None:
        if self._replacing is not None:
            self._replacing.cancel()
        if self._next is not None:
            self._next.dismiss()
            self._see_off(self._next)
        self._next = self._replacing = None

    def _see_off(self, fleet: Fleet) -> None:
        self._old.append(fleet)
        task = asyncio.create_task(self._seen_off(fleet))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _seen_off(self, fleet: Fleet) -> None:
        await fleet.ended()
        self._old.remove(fleet)


def _launch(deployment: Deployment) -> Launch:
    assert deployment.launch is not None  # noqa: S101 - Wanted has those only that can be started
    return deployment.launch


def _process(deployment: Deployment) -> object:
    """All that a running replica is made of: with another one it has to be started anew."""
    return deployment.launch, dict(deployment.spec.variables), deployment.build
