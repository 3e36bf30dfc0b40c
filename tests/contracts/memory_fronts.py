"""Fronts in memory: what is wanted is there at once, as a test says how it does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.errors import UnavailableError
from drivetrain.serve.model import Instance, InstanceState, Status, Tally

if TYPE_CHECKING:
    from drivetrain.serve.ports import Endpoints


@dataclass
class MemoryFronts:
    """The Fronts port."""

    endpoints: Endpoints
    running: dict[str, Status] = field(default_factory=dict)
    tallies: dict[str, Tally] = field(default_factory=dict)
    """By deployment."""
    crashing: dict[str, str] = field(default_factory=dict)
    """Deployments whose replicas do not come up, and why."""
    down: bool = False
    applied: int = 0

    def apply(self, name: str, *, seconds: float = 30.0) -> Status:
        if self.down:
            raise UnavailableError(f"the front of {name} does not answer after {seconds:.0f} s")
        self.applied += 1
        wanted = self.endpoints.wanted(name)
        key = name.lower()
        url = f"http://127.0.0.1:{wanted.endpoint.port}"
        self.running[key] = Status(1, wanted.endpoint.generation, url, "", (), self._instances(name))
        return self.running[key]

    def _instances(self, name: str) -> tuple[Instance, ...]:
        found = []
        for each in self.endpoints.wanted(name).deployments:
            problem = self.crashing.get(each.name, "")
            state = InstanceState.WAITING if problem else InstanceState.READY
            found += [
                Instance(each.name, number, state, 7, "", 3 if problem else 0, problem, each.build)
                for number in range(each.spec.instances)
            ]
        return tuple(found)

    def status(self, name: str) -> Status | None:
        found = None if self.down else self.running.get(name.lower())
        return None if found is None else replace(found, tallies=dict(self.tallies))

    def stop(self, name: str) -> None:
        self.running.pop(name.lower(), None)

    def log(self, name: str, deployment: str, *, lines: int = 100) -> str:
        del lines
        return f"log of {name}/{deployment}"
