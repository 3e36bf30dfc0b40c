"""An endpoint that lives in a home of its own: real fronts, real replicas, and callers that count."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import sys
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drivetrain.home import Home
from drivetrain.serve.model import (
    Deployment,
    DeploymentSpec,
    DeploymentState,
    Endpoint,
    InstanceState,
    Launch,
    Limits,
    Probe,
    RequestSettings,
    Speaks,
)
from drivetrain.wire.serving.fronts import ProcessFronts
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from drivetrain.serve.model import Instance, Status

FOLDER = Path(__file__).parent / "replicas"
NAME = "taxi"
PATIENCE = float(os.environ.get("PATIENCE", "120"))
SETTINGS = RequestSettings(timeout_ms=60_000, concurrent=8, queue_ms=60_000)


def frames(word: str, **changes: Any) -> Launch:
    """A replica that speaks frames and answers with that word."""
    command = (sys.executable, "-S", str(FOLDER / "frames.py"), "{socket}", word)
    return Launch(command, str(FOLDER), Speaks.FRAMES, limits=Limits(0, 0, 0), **changes)


def speaks_http(word: str, **changes: Any) -> Launch:
    """A server of the user's own."""
    command = (sys.executable, "-S", str(FOLDER / "own_server.py"), "{port}", word)
    changes = {"score": "/predict", "live": "/live", "ready": "/ready", **changes}
    return Launch(command, str(FOLDER), Speaks.HTTP, limits=Limits(0, 0, 0), **changes)


def until(condition: Callable[[], Any]) -> Any:
    """What the condition comes to, once that is something."""
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not become so"
        time.sleep(0.02)
    return found


@dataclass
class Told:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Live:
    """One endpoint."""

    def __init__(self, root: Path, **endpoint: Any) -> None:
        self.home = Home(root)
        root.mkdir(parents=True, exist_ok=True)
        self.home.config.write_text("endpoint_port = 0\n")  # others test on this machine, too
        self.storage = Storage(self.home)
        self.endpoints = self.storage.endpoints
        self.fronts = ProcessFronts(self.home)
        self.endpoints.put(Endpoint(NAME, **endpoint), by="owner")
        self.key = self.endpoints.keys(NAME)[0]

    def deploy(self, name: str, launch: Launch, **spec: Any) -> None:
        """Kept only; `apply` has it carried out."""
        spec = {"request": SETTINGS, **spec}
        deployment = Deployment(NAME, name, DeploymentSpec(**spec), DeploymentState.READY, launch)
        self.endpoints.put_deployment(deployment, by="owner")

    def traffic(self, mirror: Mapping[str, int] | None = None, **shares: int) -> None:
        self.endpoints.set_traffic(NAME, shares, mirror, by="owner")
        self.apply()

    def apply(self) -> Status:
        return self.fronts.apply(NAME, seconds=PATIENCE)

    @property
    def status(self) -> Status:
        found = self.fronts.status(NAME)
        assert found is not None
        return found

    def instances(self, deployment: str = "") -> Sequence[Instance]:
        return [each for each in self.status.instances if deployment in {"", each.deployment}]

    def ready(self, deployment: str = "blue", count: int = 1) -> Sequence[Instance]:
        """Its replicas, once so many are ready and there are no others."""

        def found() -> Sequence[Instance]:
            instances = self.instances(deployment)
            are = all(each.state is InstanceState.READY for each in instances)
            return instances if are and len(instances) == count else ()

        return until(found)  # type: ignore[no-any-return]

    @property
    def address(self) -> tuple[str, int]:
        host, _, port = self.status.url.removeprefix("http://").partition(":")
        return host, int(port)

    def ask(
        self, path: str = "/score", body: Any = None, *, method: str = "POST", key: str | None = None, **headers: str
    ) -> Told:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named |= {"Authorization": f"Bearer {self.key if key is None else key}"}
        connection = http.client.HTTPConnection(*self.address, timeout=PATIENCE)
        try:
            text = None if method == "GET" else body if isinstance(body, bytes) else json.dumps(body or {})
            connection.request(method, path, text, named)
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Told(answer.status, found, answer.read())
        finally:
            connection.close()

    def close(self) -> None:
        self.fronts.stop(NAME)


@dataclass
class Load:
    """What callers that never rest have been told."""

    answers: list[Any] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    async def more(self, count: int = 30) -> None:
        """Until so many more answers have come."""
        wanted = len(self.answers) + count
        async with asyncio.timeout(PATIENCE):
            while len(self.answers) < wanted and not self.failures:  # noqa: ASYNC110 - callers on one side only
                await asyncio.sleep(0.01)
        assert not self.failures


@asynccontextmanager
async def load(live: Live, callers: int = 4, body: bytes = b"{}") -> AsyncIterator[Load]:
    """Callers that ask one request after the other on connections of their own, all the while."""
    seen, over = Load(), asyncio.Event()
    host, port = live.address
    head = f"POST /score HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {live.key}\r\ncontent-length: {len(body)}\r\n\r\n"
    tasks = [asyncio.create_task(_call(seen, over, host, port, head.encode() + body)) for _ in range(callers)]
    try:
        yield seen
    finally:
        over.set()
        await asyncio.gather(*tasks)
    assert not seen.failures, seen.failures[:3]


async def _call(seen: Load, over: asyncio.Event, host: str, port: int, request: bytes) -> None:
    reader, writer = None, None
    while not over.is_set():
        try:
            if writer is None or reader is None:
                reader, writer = await asyncio.open_connection(host, port)
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            body = await reader.readexactly(length)
        except (OSError, asyncio.IncompleteReadError) as error:
            seen.failures.append(repr(error))
            return
        if b" 200 " not in head.split(b"\r\n")[0]:
            seen.failures.append(f"{head!r} {body!r}")
            return
        seen.answers.append(json.loads(body))
        if b"connection: close" in head:
            writer.close()
            writer = None
        await asyncio.sleep(0.005)
    if writer is not None:
        writer.close()


def quick(**changes: Any) -> Probe:
    """A probe that is asked often."""
    settings = {"initial_delay": 0.0, "period": 0.05, "timeout": 0.5, "failure_threshold": 3, **changes}
    return Probe(**settings)
