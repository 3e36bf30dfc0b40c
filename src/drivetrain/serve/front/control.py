"""How a front is spoken to by its owner: a line of JSON each way on a Unix socket that only the owner can open.

| `do` | Answer |
|---|---|
| `apply` | its Status, once it routes by what is kept now |
| `status` | its Status |
| `stop` | `{}`; it drains and ends |
| `socket` | `{}`, with the listening socket beside it, for the front that is to replace it |
| `leave` | as `stop`; said by the front that has its socket and goes on |
"""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec

from drivetrain.errors import DrivetrainError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

MOST_BYTES = 4096


class Control:
    """Listens, and has each question answered."""

    def __init__(
        self, path: Path, answer: Callable[[dict[str, Any]], Awaitable[Any]], listening: Callable[[], socket.socket]
    ) -> None:
        self._path = path
        self._answer = answer
        self._listening = listening
        self._door: socket.socket
        self._tasks: set[asyncio.Task[None]] = set()

    def open(self) -> None:
        """Listen. What a front that was killed has left is removed: we hold its lock."""
        self._path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            self._door = socket.socket(socket.AF_UNIX)
            self._door.bind(str(self._path))
        finally:
            os.umask(before)
        self._door.listen(16)
        self._door.setblocking(False)
        asyncio.get_running_loop().add_reader(self._door, self._knocked)

    def close(self) -> None:
        """Listen no more."""
        asyncio.get_running_loop().remove_reader(self._door)
        self._door.close()

    def _knocked(self) -> None:
        with suppress(BlockingIOError):
            caller, _ = self._door.accept()
            caller.setblocking(False)
            task = asyncio.create_task(self._served(caller))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _served(self, caller: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        with caller, suppress(OSError, msgspec.DecodeError):
            line = b""
            while not line.endswith(b"\n") and len(line) < MOST_BYTES:
                part = await loop.sock_recv(caller, MOST_BYTES)
                if not part:
                    return
                line += part
            asked = msgspec.json.decode(line, type=dict[str, Any])
            if asked.get("do") == "socket":
                socket.send_fds(caller, [b"{}\n"], [self._listening().fileno()])
                return
            await loop.sock_sendall(caller, msgspec.json.encode(await self._told(asked)) + b"\n")

    async def _told(self, asked: dict[str, Any]) -> Any:
        try:
            return await self._answer(asked)
        except DrivetrainError as error:
            return {"error": error.message, "hint": error.hint}


def ask(path: str, what: dict[str, Any], seconds: float) -> bytes:
    """The answer to one question: a line of JSON. Raises OSError when there is nobody, TimeoutError."""
    with _asked(path, what, seconds) as link:
        said = b""
        while not said.endswith(b"\n"):
            part = link.recv(1 << 16)
            if not part:
                raise ConnectionResetError
            said += part
        return said


def ask_for_socket(path: str, seconds: float) -> socket.socket:
    """The socket that the front listens on. Raises OSError."""
    with _asked(path, {"do": "socket"}, seconds) as link:
        _, descriptors, _, _ = socket.recv_fds(link, MOST_BYTES, 1)
        if not descriptors:
            raise ConnectionResetError
        return socket.socket(fileno=descriptors[0])


def _asked(path: str, what: dict[str, Any], seconds: float) -> socket.socket:
    link = socket.socket(socket.AF_UNIX)
    try:
        link.settimeout(seconds)
        link.connect(path)
        link.sendall(msgspec.json.encode(what) + b"\n")
    except BaseException:
        link.close()
        raise
    return link
