"""A replica that speaks HTTP/1.1 on a port of loopback: a scoring script's server, or a program of the user's. One
request at a time on each connection; connections are kept.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, cast

import httptools

from drivetrain.serve.front.call import TEXT, Answer, Call

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from drivetrain.serve.model import Launch

HOST = "127.0.0.1"
MOST_BYTES = 100_000_000
"""Of an answer, as of our own replicas' (frames.MAX_PAYLOAD)."""
HEAD_BYTES = 64 << 10
WASTE = 1 << 20
"""Bytes of an answer, beside its body and as much again, that no server needs."""
HOPS = frozenset(
    b"authorization connection content-length expect host keep-alive proxy-authenticate proxy-authorization te trailer "
    b"transfer-encoding upgrade azureml-model-deployment".split()
)
"""What is between us and our neighbour on either side, or is the endpoint's key, which is not the model's business."""
OURS = frozenset(b"content-type date server x-ms-request-id x-request-id x-ms-client-request-id".split())
WELL = range(200, 400)
DYING_SECONDS = 0.02
"""A server that has just reset a connection may be about to end: what comes next is not for it."""
BROKEN = Answer(502, b"the model's server sent no HTTP\n", TEXT, reason=b"model_error")
TOO_LONG = Answer(502, b"the model's answer is larger than %d bytes\n" % MOST_BYTES, TEXT, reason=b"model_error")


class _NotListeningError(ConnectionError):
    """It takes no connections. Whether it has `begun` with the call, on a connection that was kept, is not known."""

    begun = False


class HttpLink:
    """One replica's server."""

    def __init__(
        self,
        port: int,
        launch: Launch,
        answered: Callable[[Call, Answer], None],
        returned: Callable[[Call, bool], None],
        lost: Callable[[], None],
    ) -> None:
        """`answered` gets what it says; `lost` is told when it takes no connections any more; `returned` gets a call
        that it will not answer, and whether it had begun with it.
        """
        self._lost = lost
        self._port = port
        self._launch = launch
        self._answered = answered
        self._returned = returned
        self._calls: dict[Call, asyncio.Task[None]] = {}
        self._idle: list[_Exchange] = []
        self._open: set[_Exchange] = set()
        self._closed = False

    @classmethod
    async def opened(
        cls,
        port: int,
        launch: Launch,
        answered: Callable[[Call, Answer], None],
        returned: Callable[[Call, bool], None],
        lost: Callable[[], None],
    ) -> HttpLink:
        """Once the port takes connections. Raises OSError while it does not."""
        link = cls(port, launch, answered, returned, lost)
        (await link._connected()).abort()
        return link

    def ask(self, call: Call) -> None:
        """Have it predict. Its answer comes later."""
        self._calls[call] = asyncio.get_running_loop().create_task(self._asked(call))

    async def ping(self, seconds: float, *, ready: bool) -> bool:
        """Whether a GET of its probe's path is answered well in time."""
        path = (self._launch.ready if ready else self._launch.live).encode()
        probe = Call(b"GET", path, b"", {}, 0.0)
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(seconds):
                answer = await self._told(probe, path, fresh=True)
                return answer.status in WELL
        return False

    async def got(self, path: bytes, query: bytes, seconds: float) -> Answer:
        """A GET of another path: its OpenAPI. Raises OSError, TimeoutError."""
        async with asyncio.timeout(seconds):
            return await self._told(Call(b"GET", path, query, {}, 0.0), path, fresh=True)

    def held(self) -> Sequence[Call]:
        """What it has been asked and has not answered."""
        return list(self._calls)

    def close(self) -> None:
        """Ask it nothing more."""
        self._closed = True
        for exchange in tuple(self._open):
            exchange.abort()

    async def _asked(self, call: Call) -> None:
        answer, begun = None, True
        try:
            answer = await self._told(call, self._launch.score.encode())
        except _NotListeningError as error:
            begun = error.begun
            self._lost()
        except OSError:
            await asyncio.sleep(DYING_SECONDS)
        self._calls.pop(call)
        if answer is None:
            self._returned(call, begun)
        else:
            self._answered(call, answer)

    async def _told(self, call: Call, path: bytes, *, fresh: bool = False) -> Answer:
        """The answer. A kept connection may have been closed at the other end meanwhile: then once more on a new one.
        Raises OSError.
        """
        head, begun = _head(call, path, self._port), False
        if not fresh and self._idle:
            with suppress(ConnectionError):
                return await self._spoken(self._idle.pop(), head, call.body)
            begun = True
        try:
            exchange = await self._connected()
        except _NotListeningError as error:
            error.begun = begun
            raise
        return await self._spoken(exchange, head, call.body)

    async def _spoken(self, exchange: _Exchange, head: bytes, body: bytes) -> Answer:
        try:
            answer = await exchange.ask(head, body)
        except asyncio.CancelledError:
            exchange.abort()
            raise
        if exchange.keeps and not self._closed:
            self._idle.append(exchange)
        else:
            exchange.abort()
        return answer

    async def _connected(self) -> _Exchange:
        if self._closed:
            raise _NotListeningError
        loop = asyncio.get_running_loop()
        try:
            _, exchange = await loop.create_connection(lambda: _Exchange(self._gone), HOST, self._port)
        except OSError as error:
            raise _NotListeningError from error
        self._open.add(exchange)
        return exchange

    def _gone(self, exchange: _Exchange) -> None:
        self._open.discard(exchange)
        with suppress(ValueError):
            self._idle.remove(exchange)


def _head(call: Call, path: bytes, port: int) -> bytes:
    target = path + (b"?" + call.query if call.query else b"")
    lines = [b"%b %b HTTP/1.1" % (call.method, target), b"host: %b:%d" % (HOST.encode(), port)]
    lines += [b"%b: %b" % header for header in call.headers.items() if header[0] not in HOPS]
    if call.id:
        lines.append(b"x-ms-request-id: " + call.id.encode())
    return b"\r\n".join([*lines, b"content-length: %d" % len(call.body), b"", b""])


class _Exchange(asyncio.Protocol):
    """A connection with at most one request on it."""

    def __init__(self, gone: Callable[[_Exchange], None]) -> None:
        self._gone = gone
        self._transport: asyncio.Transport
        self._waiting: asyncio.Future[Answer] | None = None
        self._parser: httptools.HttpResponseParser
        self.keeps = False
        self._parts: list[bytes] = []
        self._size = 0
        self._head = 0
        self._raw = 0
        self._headers: list[tuple[bytes, bytes]] = []

    async def ask(self, head: bytes, body: bytes) -> Answer:
        """Raises ConnectionError when the other end closes before it has answered."""
        if self._transport.is_closing():
            raise ConnectionError
        self._parser = httptools.HttpResponseParser(self)
        self._parts, self._headers, self._size, self._head, self._raw = [], [], 0, 0, 0
        self.keeps = False
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(head + body)
        try:
            return await self._waiting
        finally:
            self._waiting = None

    def abort(self) -> None:
        """End it."""
        self._transport.abort()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if self._waiting is not None and not self._waiting.done():
            if self._head and self._until_closed():
                self._told(self._answer())
            else:
                self._waiting.set_exception(ConnectionResetError())
        self._gone(self)

    def data_received(self, data: bytes) -> None:
        if self._waiting is None or self._waiting.done():
            self._transport.abort()
            return
        self._raw += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._told(BROKEN)
        if self._raw - self._size > WASTE + self._size:
            self._told(BROKEN)  # a head, or what is around chunks, without an end

    # What the parser calls.

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head += len(name) + len(value)
        self._headers.append((name.lower(), value))
        if self._head > HEAD_BYTES:
            self._told(BROKEN)

    def on_body(self, body: bytes) -> None:
        self._parts.append(body)
        self._size += len(body)
        if self._size > MOST_BYTES:
            self._told(TOO_LONG)

    def on_message_complete(self) -> None:
        if self._parser.get_status_code() >= WELL.start:
            self.keeps = self._parser.should_keep_alive()
            self._told(self._answer())

    def _until_closed(self) -> bool:
        """Whether the end of the connection is the end of the answer, as in HTTP/1.0."""
        names = {name for name, _ in self._headers}
        return not names & {b"content-length", b"transfer-encoding"}

    def _answer(self) -> Answer:
        kind = next((value for name, value in self._headers if name == b"content-type"), TEXT)
        lines = b"".join(
            b"%b: %b\r\n" % header for header in self._headers if header[0] not in HOPS and header[0] not in OURS
        )
        return Answer(self._parser.get_status_code(), b"".join(self._parts), kind, lines=lines)

    def _told(self, answer: Answer) -> None:
        if answer in (BROKEN, TOO_LONG):
            self.keeps = False
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(answer)
