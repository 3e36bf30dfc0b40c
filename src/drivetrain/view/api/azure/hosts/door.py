"""The proxy by which Azure's own host names lead here (docs/azure/hosts.md). It listens on loopback.

A connection to one of those names becomes a connection to the edge, over TLS, in the same socket: nothing is copied.
Every other connection is passed on as it is, so that what is said in it stays between the client and whom it asked.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from drivetrain.view.api.azure.hosts.connect import (
    END,
    MOST_BYTES,
    OPENED,
    ProxyRefusedError,
    Wanted,
    answer,
    wanted,
)
from drivetrain.view.api.azure.hosts.credentials import whose
from drivetrain.view.api.azure.hosts.names import leads_here
from drivetrain.view.api.azure.hosts.onward import opened

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

HEAD_SECONDS = 15.0
"""How long a client may take to say where it wants to go."""
HANDSHAKE_SECONDS = 30.0
PIECE = 128 * 1024
"""What is held of a connection at a time, in each direction."""
MOST = 200
"""Connections at a time; one that is passed on takes two of the files that a process may have open."""
_log = logging.getLogger(__name__)


class Door:
    """The proxy of one edge. Lives in one event loop."""

    def __init__(
        self,
        key: bytes,
        live: Callable[[str], bool],
        context: Callable[[], ssl.SSLContext],
        protocol: Callable[[], asyncio.Protocol],
    ) -> None:
        """`key` signs credentials; `live` says whether the token with a SHA-256 is good (it may block); `context` holds
        the certificate for Azure's names (it may block), and `protocol` answers a connection to the edge.
        """
        self._key = key
        self._live = live
        self._context = context
        self._protocol = protocol
        self._open: set[asyncio.Task[None]] = set()

    async def serve(self, bound: socket.socket) -> None:
        """Answer whoever connects, until canceled."""
        loop = asyncio.get_running_loop()
        bound.setblocking(False)
        try:
            while True:
                try:
                    client, _ = await loop.sock_accept(bound)
                except OSError:  # too many open files, or a client that is gone already
                    await asyncio.sleep(0.1)
                    continue
                task = loop.create_task(self._answer(client, bound.getsockname()[1]))
                self._open.add(task)
                task.add_done_callback(self._open.discard)
        finally:
            for each in list(self._open):
                each.cancel()

    async def _answer(self, client: socket.socket, port: int) -> None:
        handed = False
        try:
            asked = await self._admitted(client)
            if leads_here(asked.host, asked.port):
                context = await asyncio.to_thread(self._context)
                await asyncio.get_running_loop().sock_sendall(client, OPENED)
                handed = True
                await self._hand_over(client, context)
            else:
                await _pass_on(client, asked, port)
        except ProxyRefusedError as refused:
            with suppress(OSError):
                await asyncio.get_running_loop().sock_sendall(client, answer(refused))
        except OSError:
            pass  # one of the two is gone
        finally:
            if not handed:
                client.close()

    async def _admitted(self, client: socket.socket) -> Wanted:
        if len(self._open) > MOST:
            raise ProxyRefusedError(503, f"There are {MOST} connections already.")
        try:
            async with asyncio.timeout(HEAD_SECONDS):
                asked = wanted(await _head(client))
        except TimeoutError as error:
            raise ProxyRefusedError(408, "No request came.") from error
        digest = whose(self._key, asked.authorization)
        if not digest or not await asyncio.to_thread(self._live, digest):
            raise ProxyRefusedError(407, "Only a job that runs, or the owner, may use this proxy.")
        return asked

    async def _hand_over(self, client: socket.socket, context: ssl.SSLContext) -> None:
        """The socket is the edge's from here on."""
        loop = asyncio.get_running_loop()
        try:
            await loop.connect_accepted_socket(
                self._protocol, client, ssl=context, ssl_handshake_timeout=HANDSHAKE_SECONDS
            )
        except OSError as error:
            _log.info("a client broke off while it was led here: %s", error)


async def _head(client: socket.socket) -> bytes:
    """The head of the request. A client says nothing more before it is answered. Raises ProxyRefusedError, OSError."""
    loop = asyncio.get_running_loop()
    head = b""
    while END not in head:
        found = await loop.sock_recv(client, MOST_BYTES)
        if not found:
            raise ConnectionResetError
        head += found
        if len(head) > MOST_BYTES:
            raise ProxyRefusedError(431, "The head of the request is too long.")
    if not head.endswith(END):
        raise ProxyRefusedError(400, "Nothing may follow CONNECT before it is answered.")
    return head


async def _pass_on(client: socket.socket, asked: Wanted, port: int) -> None:
    """Copy both ways until both have ended."""
    with await opened(asked, port) as server:
        await asyncio.get_running_loop().sock_sendall(client, OPENED)
        async with asyncio.TaskGroup() as both:
            both.create_task(_copy(client, server))
            both.create_task(_copy(server, client))


async def _copy(source: socket.socket, target: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    held = memoryview(bytearray(PIECE))
    try:
        while count := await loop.sock_recv_into(source, held):
            await loop.sock_sendall(target, held[:count])
        target.shutdown(socket.SHUT_WR)
    except OSError:  # the other direction has nothing to wait for
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
