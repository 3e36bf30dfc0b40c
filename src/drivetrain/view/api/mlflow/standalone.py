"""The same front without the web server: for `drivetrain run` where no server runs.

The caller binds and listens on a loopback socket, at no cost, and starts this only when somebody connects:

    python -m drivetrain.view.api.mlflow --fd N --folder HOME/mlflow

On stdin come lines of JSON, each an object of tokens: {"TOKEN": {"kind": "job", "run_tags": {...},
"pipeline_run_id": 7}}. When stdin ends, what was acknowledged is brought to MLflow, and the process ends.
Summaries are left marked in the folder: the next server of this home takes them up.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from drivetrain.record.tracking.service import Tracking
from drivetrain.view.api.mlflow.asgi import below
from drivetrain.view.api.mlflow.front import MlflowFront
from drivetrain.view.api.mlflow.ports import Identity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


PREFIX = "/mlflow"


class TokenList:
    """`Authenticate` by bearer tokens that were handed over one by one."""

    def __init__(self, other: Callable[[str], Identity | None] = lambda _: None) -> None:
        """`other` knows those that were not handed over."""
        self._other = other
        self._identities: dict[bytes, Identity] = {}

    def add(self, line: bytes) -> None:
        """Take up a line of JSON as in the module's docstring. Raises ValueError when it is none."""
        document = json.loads(line)
        try:
            for token, fields in document.items():
                self._identities[token.encode()] = Identity(**fields)
        except (AttributeError, TypeError) as error:
            raise ValueError(f"not a list of tokens: {error}") from error

    def __call__(self, scope: Mapping[str, Any]) -> Identity | None:
        """Whose token it is; the comparison takes the same time whatever is wrong."""
        given = next((value for key, value in scope["headers"] if key == b"authorization"), b"")
        scheme, _, token = given.partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        found = [identity for known, identity in self._identities.items() if hmac.compare_digest(known, token)]
        return found[0] if found else self._other(token.decode("utf-8", "replace"))


class Beside(Protocol):
    """What is served in the same process."""

    def identify(self, token: str) -> Identity | None:
        """Whose a token is that did not come on stdin."""
        ...

    async def serve(self, tracking: Tracking) -> None:
        """Serve until told to end; it is cancelled if it has not begun."""
        ...

    async def drain(self) -> None:
        """Wait until there is nothing left to stay for."""
        ...

    def end(self) -> None:
        """End serving."""
        ...


def serve(bound: socket.socket, tracking: Tracking, beside: Beside | None = None) -> None:
    """Serve on a listening socket until stdin ends."""
    asyncio.run(_serve(bound, tracking, beside))


async def _serve(bound: socket.socket, tracking: Tracking, beside: Beside | None) -> None:
    import uvicorn  # noqa: PLC0415 - heavy, and only this process needs it

    tokens = TokenList(beside.identify if beside is not None else lambda _: None)
    config = uvicorn.Config(
        below(PREFIX, MlflowFront(tracking, tokens)),
        log_level="warning",
        access_log=False,
        lifespan="on",
        timeout_keep_alive=60,
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    owner = asyncio.create_task(_follow(tokens, server, beside))
    neighbour = asyncio.create_task(beside.serve(tracking)) if beside is not None else None
    await server.serve(sockets=[bound])
    owner.cancel()
    if neighbour is not None:
        neighbour.cancel()
        with suppress(asyncio.CancelledError):
            await neighbour


async def _follow(tokens: TokenList, server: Any, beside: Beside | None) -> None:
    """Take up tokens until stdin ends, and then end the server."""
    reader = asyncio.StreamReader(limit=1_000_000)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        try:
            tokens.add(line)
        except ValueError as error:
            print(f"ignored a line on stdin: {error}", file=sys.stderr)  # noqa: T201 - its owner reads this
    if beside is not None:
        await beside.drain()
        beside.end()
    server.should_exit = True


def main(arguments: list[str]) -> None:
    """Read the two options and serve."""
    options = dict(zip(arguments[::2], arguments[1::2], strict=False))
    if set(options) != {"--fd", "--folder"} or not options["--fd"].isdigit():
        sys.exit("usage: python -m drivetrain.view.api.mlflow --fd N --folder PATH < tokens")
    serve(socket.socket(fileno=int(options["--fd"])), Tracking(Path(options["--folder"])))
