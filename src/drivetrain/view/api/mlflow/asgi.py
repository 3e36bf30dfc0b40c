"""The few ASGI verbs that the front needs (https://asgi.readthedocs.io/en/latest/specs/www.html)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

from msgspec import Struct

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]


class DisconnectedError(Exception):
    """The client went away before its request was whole."""


class TooLargeError(Exception):
    """The body is larger than this route takes."""


class Body(Struct):
    """A request's body: the part that was read already, and the rest."""

    receive: Receive
    head: bytes = b""
    whole: bool = False

    async def read(self, limit: int) -> bool:
        """Read until the end, or until more than `limit` bytes are held; returns whether it ended."""
        held = bytearray(self.head)
        while not self.whole and len(held) <= limit:
            chunk, self.whole = await _next(self.receive)
            held += chunk
        self.head = bytes(held)
        return self.whole and len(held) <= limit

    async def stream(self, limit: int | None) -> AsyncIterator[bytes]:
        """All of it, piece by piece. Raises TooLargeError behind `limit` bytes."""
        passed = len(self.head)
        if self.head:
            yield self.head
        while not self.whole:
            chunk, self.whole = await _next(self.receive)
            passed += len(chunk)
            if limit is not None and passed > limit:
                raise TooLargeError
            if chunk:
                yield chunk


async def _next(receive: Receive) -> tuple[bytes, bool]:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise DisconnectedError
    return message.get("body", b""), not message.get("more_body", False)


def header(scope: Scope, name: bytes) -> bytes:
    """The first header of this name (lower case), or nothing."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value)
    return b""


async def answer(send: Send, status: int, body: bytes, headers: Headers) -> None:
    """Send a whole answer."""
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


async def refuse(send: Send, status: int, code: str, message: str, headers: Headers | None = None) -> None:
    """Send an error in MLflow's own form, which its clients show."""
    body = json.dumps({"error_code": code, "message": message}).encode()
    await answer(send, status, body, [(b"content-type", b"application/json"), *(headers or [])])


def below(prefix: str, application: Application) -> Application:
    """The application mounted below a prefix, as Starlette's Mount does it; elsewhere there is nothing."""

    async def mounted(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] == prefix or scope["path"].startswith(f"{prefix}/"):
            await application({**scope, "root_path": prefix}, receive, send)
        else:
            await refuse(send, 404, "ENDPOINT_NOT_FOUND", f"only {prefix}/ is served here")

    return mounted
