"""The requests of one fleet: those that wait for a replica, and those that replicas have."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Protocol

from drivetrain.serve.front.call import TEXT, Answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.serve.front.call import Call
    from drivetrain.serve.model import RequestSettings

LOOK_SECONDS = 0.02
"""How often time limits are looked at, while there are requests: one timer for all, as one for each would cost more."""
WAKE_SECONDS = 60.0
"""How long a request waits for replicas that sleep or are started for the first time."""
LEAST_QUEUE = 100
MOST_TRIES = 3

TOO_MANY = Answer(429, b"too many requests wait for this deployment\n", TEXT, reason=b"too_many_pending_request")
TIMED_OUT = Answer(408, b"the model took longer than request_timeout_ms\n", TEXT)
NOT_READY = Answer(503, b"no replica of this deployment is ready\n", TEXT, reason=b"model_not_ready")
DIED = Answer(502, b"the model ended while it had this request\n", TEXT, reason=b"model_error")


class Link(Protocol):
    """A connection to a replica, frames_link.py or http_link.py."""

    def ask(self, call: Call) -> None:
        """Have it predict."""
        ...

    async def ping(self, seconds: float, *, ready: bool) -> bool:
        """Whether it says in time that it is alive, or `ready`."""
        ...

    def held(self) -> Sequence[Call]:
        """What it has and has not answered."""
        ...

    def close(self) -> None:
        """Ask it nothing more."""
        ...


class Seat:
    """A replica that takes requests."""

    __slots__ = ("alone", "busy", "link")

    def __init__(self) -> None:
        self.link: Link
        self.busy = 0
        """Requests that it has; those whose callers were told 408 are among them until it answers."""
        self.alone = False
        """It has one that is tried with no other beside it."""


class Pool:
    """Deals requests out to the least busy replica. Nothing here waits: all is called on the event loop."""

    def __init__(self, settings: RequestSettings, instances: int) -> None:
        self.settings = settings
        self.instances = instances
        self.seats: list[Seat] = []
        self.waking = True
        """Its replicas are started for the first time, or again after a sleep: requests wait longer."""
        self.last_asked = 0.0
        self._waiting: deque[Call] = deque()
        self._loop = asyncio.get_running_loop()
        self._looks = False

    @property
    def busy(self) -> bool:
        """Whether anything waits or is being answered."""
        return bool(self._waiting) or any(seat.busy for seat in self.seats)

    def submit(self, call: Call) -> None:
        """Give it to a replica, now or when one is free."""
        call.queued_at = self.last_asked = self._loop.time()
        if not self._looks:
            self._look_later()
        seat = None if self._waiting else self._free(call)
        if seat is not None:
            self._send(seat, call)
        elif len(self._waiting) >= self._most_waiting():
            call.answer(TOO_MANY)
        else:
            self._waiting.append(call)

    def add(self, seat: Seat) -> None:
        """A replica is ready."""
        if not self.seats:
            self._wait_anew()
        self.waking = False
        self.seats.append(seat)
        self._pump()

    def remove(self, seat: Seat) -> None:
        """It gets nothing new."""
        if seat in self.seats:
            self.seats.remove(seat)

    def answered(self, seat: Seat, call: Call, answer: Answer) -> None:
        """A replica has answered."""
        self._freed(seat)
        call.answer(answer)
        if self._waiting:
            self._pump()

    def returned(self, seat: Seat, call: Call, *, begun: bool) -> None:
        """It will not be answered by that replica, which died; whether that had `begun` with it. Another tries, if that
        is safe.
        """
        self._freed(seat)
        if call.answered:
            return
        if begun and (call.alone or call.tries >= MOST_TRIES):
            call.answer(DIED)
            return
        call.tries -= not begun
        call.alone = call.alone or begun
        call.queued_at = self._loop.time()
        self._waiting.appendleft(call)
        self._pump()

    def leave(self) -> Sequence[Call]:
        """What waits, taken out."""
        waiting = list(self._waiting)
        self._waiting.clear()
        return waiting

    def _most_waiting(self) -> int:
        return max(LEAST_QUEUE, 2 * self.settings.concurrent * self.instances)

    def _free(self, call: Call) -> Seat | None:
        best, least = None, 1 if call.alone else self.settings.concurrent
        for seat in self.seats:
            if seat.busy < least and not seat.alone:
                best, least = seat, seat.busy
        return best

    def _send(self, seat: Seat, call: Call) -> None:
        now = self._loop.time()
        call.sent_at = call.sent_at or now
        call.queued += now - call.queued_at
        call.tries += 1
        seat.busy += 1
        seat.alone = call.alone
        seat.link.ask(call)

    def _freed(self, seat: Seat) -> None:
        seat.busy -= 1
        seat.alone = False

    def _pump(self) -> None:
        while self._waiting:
            call = self._waiting[0]
            if not call.answered:
                seat = self._free(call)
                if seat is None:
                    return
                self._send(seat, call)
            self._waiting.popleft()

    def _wait_anew(self) -> None:
        """The time in which a replica started is not held against those that wait for a free one."""
        now = self._loop.time()
        for call in self._waiting:
            call.queued += now - call.queued_at
            call.queued_at = now

    def _look_later(self) -> None:
        self._looks = True
        self._loop.call_later(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        self._looks = False
        now = self._loop.time()
        timeout = self.settings.timeout_ms / 1000
        for seat in self.seats:
            for call in seat.link.held():
                if now - call.sent_at > timeout:
                    call.answer(TIMED_OUT)
        self._give_up(now, timeout)
        if self.busy:
            self._look_later()

    def _give_up(self, now: float, timeout: float) -> None:
        over = [call for call in self._waiting if not call.answered and self._is_over(call, now, timeout)]
        for call in over:
            call.answer(TOO_MANY if self.seats and not call.sent_at else NOT_READY)
        if over:
            self._waiting = deque(call for call in self._waiting if not call.answered)

    def _is_over(self, call: Call, now: float, timeout: float) -> bool:
        if call.sent_at:
            return now - call.sent_at > timeout
        if self.seats:
            return now - call.queued_at > self.settings.queue_ms / 1000
        return now - call.queued_at > (max(WAKE_SECONDS, timeout) if self.waking else timeout)
