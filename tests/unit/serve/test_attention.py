"""How a replica waits: asleep, or looking for what is to come at once."""

from __future__ import annotations

import select
import socket
from typing import TYPE_CHECKING

import pytest

from drivetrain.serve.in_replica import serving
from drivetrain.serve.in_replica.serving import Attention

if TYPE_CHECKING:
    from collections.abc import Callable


class Poll:
    """A poll that finds something when a test's time has come; asleep or not, it notes how it was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.comes_at = 0.0
        self.asked: list[str] = []
        monkeypatch.setattr("drivetrain.serve.in_replica.serving.time.perf_counter", lambda: self.now)
        monkeypatch.setattr(serving, "_let_others", self._others)

    def _others(self) -> None:
        self.now += 0.0001

    def poll(self, timeout: int | None = None) -> list[tuple[int, int]]:
        self.asked.append("sleeps" if timeout is None else "looks")
        if timeout is None:
            self.now = max(self.now, self.comes_at)
        return [(7, select.POLLIN)] if self.now >= self.comes_at else []


@pytest.fixture
def poll(monkeypatch: pytest.MonkeyPatch) -> Poll:
    return Poll(monkeypatch)


def waiting(poll: Poll) -> Callable[[float], list[str]]:
    attention = Attention(poll)  # type: ignore[arg-type]

    def wait(seconds: float) -> list[str]:
        poll.comes_at, poll.asked = poll.now + seconds, []
        assert attention.events() == [(7, select.POLLIN)]
        return poll.asked

    return wait


def test_it_looks_only_after_a_request_that_came_soon(poll: Poll) -> None:
    wait = waiting(poll)
    assert wait(0.00015) == ["sleeps"]  # nothing was before it
    assert wait(0.00015) == ["looks", "looks", "looks"]
    assert wait(0.00015)[-1] == "looks"
    slow = wait(1.0)
    assert slow[-1] == "sleeps"
    assert set(slow[:-1]) == {"looks"}
    assert wait(1.0) == ["sleeps"]
    assert wait(0.0) == ["sleeps"]
    assert wait(0.0) == ["looks"]


def test_what_has_come_is_found_on_real_sockets() -> None:
    one, other = socket.socketpair()
    with one, other:
        poll = select.poll()
        poll.register(other, select.POLLIN)
        attention = Attention(poll)
        for _ in range(50):
            one.send(b"x")
            assert attention.events() == [(other.fileno(), select.POLLIN)]
            other.recv(1)
