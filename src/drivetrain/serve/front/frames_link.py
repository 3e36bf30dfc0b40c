"""A replica of ours, on its Unix socket: many requests at once, by numbers (serve/in_replica/frames.py).

What is asked in one turn of the loop is written at once, so the replica finds it together and predicts it together.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, cast

from drivetrain.serve.front.call import TEXT, Answer
from drivetrain.serve.in_replica.frames import HEADER, INVOCATIONS, MAX_PAYLOAD, PING, SCORE, packed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from drivetrain.serve.front.call import Call

MOST = (1 << 32) - 1
OK = 200
STATUSES = frozenset(range(200, 600)) - {204, 205, 304}
"""Those whose answers have a body. With another one, what the model says would be taken for the head of an answer."""
WRONG = Answer(502, b"the model's answer has no such status\n", TEXT, reason=b"model_error")


class FramesLink(asyncio.Protocol):
    """One connection to one replica."""

    def __init__(
        self,
        answered: Callable[[Call, Answer], None],
        returned: Callable[[Call, bool], None],
        lost: Callable[[], None],
    ) -> None:
        """`answered` gets what it says; `lost` is told once when it is gone, and then `returned` of each call that it
        had, and whether it had begun with it.
        """
        self._answered = answered
        self._returned = returned
        self._lost = lost
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._calls: dict[int, Call] = {}
        self._pings: dict[int, asyncio.Future[int]] = {}
        self._out: list[bytes] = []
        self._in = bytearray()
        self._numbers = count(1)

    @classmethod
    async def opened(
        cls,
        socket: str,
        answered: Callable[[Call, Answer], None],
        returned: Callable[[Call, bool], None],
        lost: Callable[[], None],
    ) -> FramesLink:
        """Connected. Raises OSError while the replica does not listen."""
        loop = asyncio.get_running_loop()
        _, link = await loop.create_unix_connection(lambda: cls(answered, returned, lost), socket)
        return link

    def ask(self, call: Call) -> None:
        """Have it predict. Its answer comes later."""
        kind = INVOCATIONS if call.path == b"/invocations" else SCORE
        number = next(self._numbers) & MOST
        self._calls[number] = call
        self._write(packed(number, kind, call.body))

    async def ping(self, seconds: float, *, ready: bool) -> bool:
        """Whether it answers in time that it is well."""
        del ready
        number = next(self._numbers) & MOST
        self._pings[number] = waiting = self._loop.create_future()
        self._write(packed(number, PING, b""))
        try:
            async with asyncio.timeout(seconds):
                return bool(await waiting == OK)
        except TimeoutError:
            return False
        finally:
            self._pings.pop(number, None)

    def held(self) -> Sequence[Call]:
        """What it has been asked and has not answered."""
        return list(self._calls.values())

    def close(self) -> None:
        """Ask it nothing more."""
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        for waiting in self._pings.values():
            with suppress(asyncio.InvalidStateError):
                waiting.set_result(0)
        self._lost()
        calls, self._calls = self._calls, {}
        for call in calls.values():
            self._returned(call, True)

    def data_received(self, data: bytes) -> None:
        buffer: bytes | bytearray = data
        if self._in:
            self._in += data
            buffer = self._in
        at, end = 0, len(buffer)
        while end - at >= HEADER.size:
            length, number, status = HEADER.unpack_from(buffer, at)
            if length > MAX_PAYLOAD:
                self._transport.abort()
                return
            begin, at_next = at + HEADER.size, at + HEADER.size + length
            if at_next > end:
                break
            self._told(number, status, bytes(buffer[begin:at_next]))
            at = at_next
        if buffer is self._in:
            del self._in[:at]  # what has come of a long answer is not copied for each piece of it
        else:
            self._in += data[at:]

    def _told(self, number: int, status: int, payload: bytes) -> None:
        call = self._calls.pop(number, None)
        if call is not None:
            self._answered(call, Answer(status, payload) if status in STATUSES else WRONG)
            return
        waiting = self._pings.get(number)
        if waiting is not None and not waiting.done():
            waiting.set_result(status)

    def _write(self, frame: bytes) -> None:
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(frame)

    def _flush(self) -> None:
        self._transport.write(b"".join(self._out))
        self._out.clear()
