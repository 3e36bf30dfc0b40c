"""Who gets a request, who waits, who is told what: the pool with replicas that are played."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from drivetrain.serve.front.call import Answer, Call
from drivetrain.serve.front.pool import MOST_TRIES, Pool, Seat
from drivetrain.serve.model import RequestSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence


class Played:
    """A replica that answers when it is told to. Its contract with the pool is that of frames_link and http_link."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def ask(self, call: Call) -> None:
        self.calls.append(call)

    async def ping(self, seconds: float, *, ready: bool) -> bool:
        return bool(seconds) and ready

    def held(self) -> Sequence[Call]:
        return self.calls

    def close(self) -> None:
        self.calls.clear()


class Scene:
    def __init__(self, **settings: Any) -> None:
        self.pool = Pool(RequestSettings(**settings), 1)
        self.told: list[int] = []

    def seat(self) -> tuple[Seat, Played]:
        seat = Seat()
        seat.link = link = Played()
        self.pool.add(seat)
        return seat, link

    def ask(self) -> Call:
        call = Call(b"POST", b"/score", b"", {}, asyncio.get_running_loop().time())
        call.then = lambda _, answer: self.told.append(answer.status)
        self.pool.submit(call)
        return call

    def answer(self, seat: Seat, link: Played) -> None:
        self.pool.answered(seat, link.calls.pop(0), Answer(200, b"1"))

    def die(self, seat: Seat, link: Played, *, begun: bool = True) -> None:
        self.pool.remove(seat)
        calls, link.calls = link.calls, []
        for call in calls:
            self.pool.returned(seat, call, begun=begun)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not condition():  # noqa: ASYNC110 - the pool looks at the clock
                await asyncio.sleep(0.005)


def played(scene: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(scene())


def test_the_least_busy_gets_it() -> None:
    async def scene() -> None:
        it = Scene(concurrent=4)
        (first, one), (_, two) = it.seat(), it.seat()
        for _ in range(4):
            it.ask()
        assert (len(one.calls), len(two.calls)) == (2, 2)
        it.answer(first, one)
        it.ask()
        assert (len(one.calls), len(two.calls)) == (2, 2)

    played(scene)


def test_no_more_at_once_than_is_said_and_the_first_to_come_is_the_first_to_go() -> None:
    async def scene() -> None:
        it = Scene(concurrent=2)
        seat, link = it.seat()
        calls = [it.ask() for _ in range(4)]
        assert link.calls == calls[:2]
        it.answer(seat, link)
        assert link.calls == calls[1:3]
        it.answer(seat, link)
        it.answer(seat, link)
        assert link.calls == calls[3:]

    played(scene)


def test_the_queue_is_bounded() -> None:
    async def scene() -> None:
        it = Scene(concurrent=1, queue_ms=60_000)
        it.seat()
        for _ in range(102):
            it.ask()
        assert it.told == [429]

    played(scene)


def test_who_waits_too_long_for_a_free_one_is_told_429() -> None:
    async def scene() -> None:
        it = Scene(concurrent=1, queue_ms=10, timeout_ms=60_000)
        it.seat()
        it.ask(), it.ask()
        await it.until(lambda: it.told == [429])

    played(scene)


def test_who_waits_too_long_for_an_answer_is_told_408_and_its_place_stays_taken() -> None:
    async def scene() -> None:
        it = Scene(concurrent=1, queue_ms=60_000, timeout_ms=10)
        seat, link = it.seat()
        late = it.ask()
        await it.until(lambda: it.told == [408])
        waiting = it.ask()
        assert link.calls == [late]
        it.answer(seat, link)
        assert (link.calls, it.told) == ([waiting], [408])

    played(scene)


def test_who_waits_too_long_for_a_replica_is_told_503() -> None:
    async def scene() -> None:
        it = Scene(timeout_ms=10)
        it.pool.waking = False
        it.ask()
        await it.until(lambda: it.told == [503])

    played(scene)


def test_the_time_in_which_replicas_wake_is_not_that_of_the_queue() -> None:
    async def scene() -> None:
        it = Scene(queue_ms=100, timeout_ms=100)
        it.ask(), it.ask()
        await asyncio.sleep(0.25)
        assert it.told == []
        seat, link = it.seat()
        it.answer(seat, link)
        it.answer(seat, link)
        assert it.told == [200, 200]

    played(scene)


def test_what_a_dead_replica_had_is_tried_alone_and_no_third_time() -> None:
    async def scene() -> None:
        it = Scene(concurrent=4)
        seat, link = it.seat()
        calls = [it.ask() for _ in range(3)]
        it.die(seat, link)
        (other, second), (_, third) = it.seat(), it.seat()
        assert (len(second.calls), len(third.calls)) == (1, 1)
        it.die(other, second)
        assert it.told == [502]
        it.ask()
        assert len(third.calls) == 1, "nothing goes where one is tried alone"
        assert sum(call.tries for call in calls) == 5

    played(scene)


def test_what_never_reached_a_replica_is_not_held_against_it() -> None:
    async def scene() -> None:
        it = Scene()
        for _ in range(MOST_TRIES + 2):
            seat, link = it.seat()
            if not link.calls:
                it.ask()
            it.die(seat, link, begun=False)
        seat, link = it.seat()
        it.answer(seat, link)
        assert it.told == [200]

    played(scene)


@pytest.mark.parametrize("waiting", [0, 3])
def test_what_waits_can_be_taken_elsewhere(waiting: int) -> None:
    async def scene() -> None:
        it = Scene()
        for _ in range(waiting):
            it.ask()
        assert len(it.pool.leave()) == waiting
        assert not it.pool.busy

    played(scene)
