"""HTTP/1.1 as callers speak it, on httptools. A protocol of our own, as ASGI would cost more than all else that a
front does: 40,000 small requests a second instead of 14,000 (docs/serving/endpoints.md says how that was measured).

Bounds: head and body in bytes and in seconds, requests that are sent ahead, connections. llhttp, in its strict mode,
refuses what could be read in two ways: both lengths, a bad chunk, a space before a colon.
"""

from __future__ import annotations

import asyncio
from collections import deque
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

import httptools

from drivetrain.serve.front.call import TEXT, Answer, Call

if TYPE_CHECKING:
    from collections.abc import Callable

HEAD_BYTES = 32 << 10
BODY_BYTES = 10 << 20
"""Azure's own limit for the payload of a managed online endpoint, in the time when it was documented."""
SMALL = 64 << 10
"""A longer body is not read before it is known who sends it."""
HEAD_SECONDS = 10.0
BODY_SECONDS = 60.0
IDLE_SECONDS = 75.0
STUCK_SECONDS = 30.0
"""How long a caller may take none of its answer."""
LINGER_SECONDS = 2.0
"""How long a caller that is still writing has to read our last word. Closed at once, the system would take it back."""
MOST_AHEAD = 64
"""Requests on one connection that wait for their turn."""
MOST_CONNECTIONS = 2000
MOST_DIGITS = 12
ONCE = frozenset(b"authorization content-length content-type host transfer-encoding azureml-model-deployment".split())
"""Headers of which a second one is refused: two readers could take different ones."""
REASONS = {status.value: status.phrase.encode() for status in HTTPStatus}
CLOSE = b"connection: close\r\n"


class Door:
    """What all connections share: who answers, and what is open."""

    def __init__(
        self,
        handle: Callable[[Call], None],
        admits: Callable[[dict[bytes, bytes]], bool],
        most: int = MOST_CONNECTIONS,
    ) -> None:
        """`handle` has a request answered; `admits` says of its headers whether a large body is worth being read."""
        self.handle = handle
        self.admits = admits
        self.connections: set[Connection] = set()
        self.most = most
        self.closing = False
        self.date = b""
        self.tick()

    def __call__(self) -> Connection:
        """The protocol factory."""
        return Connection(self)

    def tick(self) -> None:
        """Called each second: the date of answers, and callers that let us wait."""
        self.date = b"date: " + formatdate(usegmt=True).encode() + b"\r\n"
        for connection in tuple(self.connections):
            connection.tick()

    def close(self) -> None:
        """From now on each connection ends with its next answer; those that have nothing to wait for end soon."""
        self.closing = True

    @property
    def busy(self) -> bool:
        """Whether somebody waits for an answer, or is writing a request."""
        return any(connection.busy for connection in self.connections)

    def abort(self) -> None:
        """End them all."""
        for connection in tuple(self.connections):
            connection.abort()


class Connection(asyncio.Protocol):
    """One caller's connection: a request at a time is answered, those sent ahead wait."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._loop = asyncio.get_running_loop()
        self._time = self._loop.time
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport
        self._ahead: deque[tuple[Call, bool]] = deque()
        self._now: tuple[Call, bool] | None = None
        self._refused = False
        self._ended = False
        self._stuck = False
        self._last = False
        """After the request that is being read no other one is."""
        self._since = 0.0
        self._in_head = False
        self._in_body = False
        self._head = 0
        self._size = 0
        self._url = b""
        self._headers: dict[bytes, bytes] = {}
        self._parts: list[bytes] = []

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._since = self._time()
        self._door.connections.add(self)
        if len(self._door.connections) > self._door.most:
            self._refuse(503, b"too many connections")

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._ended = True
        self._door.connections.discard(self)
        self._ahead.clear()
        if self._now is not None and not self._now[0].sent_at:
            self._now[0].answered = True  # nobody wants it any more, and no replica has begun with it

    def pause_writing(self) -> None:
        self._stuck, self._since = True, self._time()
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._stuck, self._since = False, self._time()
        if not self._transport.is_closing() and not self._ahead:
            self._transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        if self._refused or self._last:
            if self._last and self._in_body:
                self._rest(data)
            return
        if not (self._in_head or self._in_body):
            self._since = self._time()
            self._in_head = True
        self._head += len(data) if self._in_head else 0
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._rest(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            self._refuse(400, f"not HTTP: {error}".encode())
            return
        if self._in_head and self._head > HEAD_BYTES:
            self._refuse(431, b"the head of the request is too large")
        if self._ahead and not self._refused:
            self._transport.pause_reading()

    # What the parser calls.

    def on_message_begin(self) -> None:
        self._url, self._headers, self._parts, self._size = b"", {}, [], 0
        self._in_head = True

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name in ONCE and name in self._headers:
            self._refuse(400, b"more than one header " + name)
        self._headers[name] = value

    def on_headers_complete(self) -> None:
        self._in_head, self._in_body, self._head = False, True, 0
        length = self._headers.get(b"content-length", b"0")
        if not length.isdigit() or len(length) > MOST_DIGITS or int(length) > BODY_BYTES:
            self._too_large()
        elif self._headers.get(b"transfer-encoding", b"chunked").lower() != b"chunked":
            self._refuse(400, b"of the transfer encodings only chunked is known here")
        elif (int(length) > SMALL or b"transfer-encoding" in self._headers) and not self._door.admits(self._headers):
            self._refuse(401, b"a key or a token of this endpoint is needed")
        elif self._headers.get(b"expect", b"").lower() == b"100-continue" and not self._refused:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self._parts.append(body)
        self._size += len(body)
        if self._size > BODY_BYTES and not self._refused:
            self._too_large()

    def on_message_complete(self) -> None:
        if self._parser.should_upgrade() and not self._last:
            self._last = True
            return
        self._in_body = self._in_head = False
        self._head = 0
        if self._refused:
            return
        path, _, query = self._url.partition(b"?")
        call = Call(self._parser.get_method(), path, query, self._headers, self._time())
        call.body = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        call.then = self._answered
        if len(self._ahead) >= MOST_AHEAD:
            self._refuse(400, b"too many requests sent ahead")
            return
        self._ahead.append((call, self._parser.should_keep_alive() and not self._last))
        if self._now is None:
            self._next()

    # What we do.

    def _rest(self, data: bytes) -> None:
        """What follows the head of a request that would like to go on in another protocol, as Java's client does with
        its first one: that is not done, and what llhttp leaves to us is the body of a plain request, the last one.
        """
        if b"transfer-encoding" in self._headers:
            self._refuse(400, b"no chunks in a request to upgrade")
            return
        missing = int(self._headers.get(b"content-length", b"0")) - self._size
        if data:
            self.on_body(data[:missing])
        if len(data) >= missing:
            self.on_message_complete()

    @property
    def busy(self) -> bool:
        """Whether the caller waits, or writes."""
        return self._now is not None or self._in_head or self._in_body

    def tick(self) -> None:
        """Look whether the caller lets us wait too long."""
        if self._now is not None and not self._stuck:
            return
        waited = self._time() - self._since
        if self._refused or self._stuck:
            if waited > (STUCK_SECONDS if self._stuck else LINGER_SECONDS):
                self.abort()
        elif self._in_head or self._in_body:
            if waited > (HEAD_SECONDS if self._in_head else BODY_SECONDS):
                self._refuse(408, b"the request took too long")
        elif waited > IDLE_SECONDS or (self._door.closing and waited > 1.0):
            self._transport.close()

    def abort(self) -> None:
        """End it at once."""
        self._transport.abort()

    def _next(self) -> None:
        if self._ahead and not self._refused:
            self._now = self._ahead.popleft()
            if not (self._ahead or self._stuck):
                self._transport.resume_reading()
            self._door.handle(self._now[0])

    def _answered(self, call: Call, answer: Answer) -> None:
        if self._ended or self._now is None or self._now[0] is not call:
            return
        keeps = self._now[1] and not self._door.closing and not self._refused
        self._transport.write(self._rendered(answer, keeps=keeps))
        self._since = self._time()
        self._now = None
        if not keeps:
            self._door_shut()
        elif self._ahead:
            self._loop.call_soon(self._next)

    def _rendered(self, answer: Answer, *, keeps: bool) -> bytes:
        return b"HTTP/1.1 %d %b\r\ncontent-type: %b\r\ncontent-length: %d\r\n%b%b%b\r\n%b" % (
            answer.status,
            REASONS.get(answer.status, b"Unknown"),
            answer.kind,
            len(answer.body),
            self._door.date,
            answer.lines,
            b"" if keeps else CLOSE,
            answer.body,
        )

    def _too_large(self) -> None:
        self._refuse(413, b"the body is larger than %d bytes" % BODY_BYTES)

    def _refuse(self, status: int, why: bytes) -> None:
        """Answer what is no request of ours to answer, and listen to nothing more."""
        if self._refused or self._ended:
            return
        self._refused = True
        self._ahead.clear()
        self._parts.clear()
        if self._now is None:
            self._transport.write(self._rendered(Answer(status, why + b"\n", TEXT), keeps=False))
        self._door_shut()

    def _door_shut(self) -> None:
        """Close once all is written. An answer that is still being made is not waited for: nobody can read it."""
        self._refused = True
        self._since = self._time()
        if self._now is None:
            self._transport.write_eof()
