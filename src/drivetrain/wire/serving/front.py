"""The front of one endpoint as a process: `python -m drivetrain.wire.serving.front HOME NAME [--replace]`.

It holds the endpoint's `front.lock`, reads what is wanted from the database, and listens on the endpoint's port. With
`--replace` it takes the port over from a front that runs, once its own replicas are ready.
"""

from __future__ import annotations

import asyncio
import fcntl
import gc
import os
import sys
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.clock import SystemClock
from drivetrain.errors import ConflictError, DrivetrainError, UnavailableError
from drivetrain.home import Home
from drivetrain.registry.names import endpoint_name
from drivetrain.serve.front.control import Control, ask, ask_for_socket
from drivetrain.serve.front.front import Front
from drivetrain.serve.front.ground import Ground
from drivetrain.settings import load as load_settings
from drivetrain.store.database import Database
from drivetrain.store.endpoints import SqliteEndpoints
from drivetrain.store.vault import FileVault
from drivetrain.wire.listening import listening
from drivetrain.wire.seldom import load
from drivetrain.wire.serving.counting import counted
from drivetrain.wire.serving.observing import Observing
from drivetrain.wire.serving.places import FrontInfo, lock_file, read_info, sockets, write_info

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator
    from io import TextIOWrapper

    from drivetrain.serve.front.ports import Tokens
    from drivetrain.serve.model import Endpoint, Wanted
    from drivetrain.serve.ports import Endpoints

READY_SECONDS = 60.0
"""How long the replicas of a front that replaces another may take; then that one stays."""
ASK_SECONDS = 10.0
LEAVE_SECONDS = 120.0
"""How long the front that is replaced may take to answer what it has."""
LOCK_LOOK_SECONDS = 0.02
GARBAGE = 50_000
"""Objects between two looks for garbage in circles. A request leaves none; the default, 700, costs a tenth of all."""


class _TokensWhenAsked:
    """The Tokens port; what checks signatures is loaded by endpoints that take tokens."""

    def __init__(self, home: Home) -> None:
        self._home = home

    @cached_property
    def _tokens(self) -> Tokens:
        tokens: Tokens = load("wire.serving.tokens:EndpointTokens")(load("wire.storage:Storage")(self._home))
        return tokens

    def allows(self, token: str, endpoint: Endpoint) -> float:
        return self._tokens.allows(token, endpoint)


def _metrics(front: Front, wanted: Wanted) -> bytes:
    """For Prometheus; what writes that is loaded when it is asked for."""
    models = {(wanted.endpoint.name, each.name): each.spec.model for each in wanted.deployments}
    text: bytes = load("serve.measures.exposition:exposition")({wanted.endpoint.name: front.status()}, models)
    return text


def main(home: Home, name: str, *, replace: bool = False) -> None:
    """Serve until told to end. Raises ConflictError when there is a front, NotFoundError, UnavailableError."""
    endpoints = endpoints_of(home)
    endpoint = endpoints.get(name)
    home.endpoint(name).mkdir(mode=0o700, parents=True, exist_ok=True)
    with lock_file(home, name).open("a") as lock:
        held = _locked(lock)
        if not held and not replace:
            raise ConflictError(f"a front of {endpoint.name} already runs", hint=f"drivetrain endpoint show {name}")
        _run(_serve(home, endpoints, endpoint.name, lock, held=held))


def endpoints_of(home: Home) -> Endpoints:
    """The endpoints alone: all that is stored, as the server has it, takes longer to load."""
    database, vault = Database(home.database), FileVault(home.secret_key)
    return SqliteEndpoints(database, vault, check_name=endpoint_name)


def _run(serving: object) -> None:
    try:
        import uvloop  # noqa: PLC0415 - not to be had everywhere; asyncio's own loop serves, too
    except ImportError:
        asyncio.run(serving)  # type: ignore[arg-type]
        return
    uvloop.run(serving)  # type: ignore[arg-type]


def _locked(lock: TextIOWrapper) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


async def _serve(home: Home, endpoints: Endpoints, name: str, lock: TextIOWrapper, *, held: bool) -> None:
    clock = SystemClock()
    folder = sockets(home, name)
    ground = Ground(home.endpoint(name), folder, clock)
    old = None if held else read_info(home, name)
    if held:
        ground.end_orphans()
        for left in folder.iterdir():
            left.unlink(missing_ok=True)
    bound = _bound(home, endpoints, name) if old is None else ask_for_socket(old.control, ASK_SECONDS)
    observing = Observing(home, load_settings(home), name, clock)
    front = Front(
        lambda: endpoints.wanted(name),
        ground,
        _TokensWhenAsked(home),
        observing.of,
        clock,
        metrics=_metrics,
    )
    await front.apply()
    if old is not None:
        await _replace(front, old, name)
    await front.open(bound)
    if old is not None:
        ask(old.control, {"do": "leave"}, ASK_SECONDS)
    with _controlled(front, folder / f"{os.getpid()}.c") as control:
        await _until_locked(lock)
        write_info(home, name, FrontInfo(os.getpid(), str(control), os.getppid()))
        gc.collect()
        gc.freeze()
        gc.set_threshold(GARBAGE, 20, 50)
        async with counted(front, home, name, clock):
            await front.run()
    observing.close()


async def _replace(front: Front, old: FrontInfo, name: str) -> None:
    """Wait until our own replicas are ready. Raises UnavailableError: then the old front stays."""
    try:
        async with asyncio.timeout(READY_SECONDS):
            await front.ready()
    except TimeoutError:
        front.end()
        raise UnavailableError(
            f"the replicas of {name} are not ready after {READY_SECONDS:.0f} s; the front of process {old.pid} stays",
            hint=f"drivetrain endpoint logs {name}",
        ) from None


@contextmanager
def _controlled(front: Front, path: Path) -> Iterator[Path]:
    control = Control(path, front.answer, lambda: front.listening)
    control.open()
    try:
        yield path
    finally:
        control.close()
        path.unlink(missing_ok=True)


async def _until_locked(lock: TextIOWrapper) -> None:
    """The front that is replaced lives until it has answered what it has."""
    with suppress(TimeoutError):
        async with asyncio.timeout(LEAVE_SECONDS):
            while not _locked(lock):  # noqa: ASYNC110 - the kernel tells nobody when a lock is free but who waits for it
                await asyncio.sleep(LOCK_LOOK_SECONDS)


def _bound(home: Home, endpoints: Endpoints, name: str) -> socket.socket:
    """Listening at the endpoint's port; one that it has not yet is chosen and kept. Raises UnavailableError."""
    host = load_settings(home).host
    port = endpoints.get(name).port
    try:
        bound = listening(host, port, backlog=1024)
    except OSError as error:
        raise UnavailableError(
            f"endpoint {name} cannot listen on {host}:{port}: {error.strerror}",
            hint="end the program that uses this port, or delete the endpoint and make it again",
        ) from error
    bound.setblocking(False)
    if not port:
        endpoints.set_port(name, bound.getsockname()[1])
    return bound


if __name__ == "__main__":
    try:
        main(Home(Path(sys.argv[1])), sys.argv[2], replace="--replace" in sys.argv)
    except DrivetrainError as error:
        hint = f"\n  hint: {error.hint}" if error.hint else ""
        sys.exit(f"{error.message}{hint}")
