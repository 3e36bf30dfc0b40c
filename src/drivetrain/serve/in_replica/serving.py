"""The replica's only loop: takes all frames that are there, has them predicted, answers them.

One thread does all. While the model predicts nothing else happens, also no answer to PING: a replica that hangs is
found by that.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import time
from typing import TYPE_CHECKING

from .frames import HEADER, MAX_PAYLOAD, PING, packed

if TYPE_CHECKING:
    from .scoring import Scoring

_READ = 1 << 18
_MOST_FRAMES = 256
"""So many are taken together at most."""
_BACKLOG = 16
_SOON_SECONDS = 0.0003
_let_others = getattr(os, "sched_yield", lambda: None)  # which macOS does not have
_GONE = select.POLLHUP | select.POLLERR | select.POLLNVAL


def listen(path: str) -> socket.socket:
    """Listen at that path, for this user alone. The path is there once it can be connected to."""
    before = os.umask(0o177)
    try:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(path + "~")
    finally:
        os.umask(before)
    listener.listen(_BACKLOG)
    os.rename(path + "~", path)
    return listener


class Connection:
    """A front, and what it has sent that is not a whole frame yet."""

    def __init__(self, link: socket.socket) -> None:
        self.link = link
        self._waiting = bytearray()

    def frames(self) -> list[tuple[int, int, bytes]] | None:
        """The whole frames that have come: number, kind, payload; None when the front is gone."""
        try:
            data = self.link.recv(_READ)
        except OSError:
            return None
        if not data:
            return None
        if self._waiting:
            self._waiting += data
            data = bytes(self._waiting) if self._whole() else b""
            if not data:
                return []
            self._waiting.clear()
        return self._cut(data)

    def _whole(self) -> bool:
        waiting = self._waiting
        return len(waiting) >= HEADER.size and len(waiting) >= HEADER.size + HEADER.unpack_from(waiting)[0]

    def _cut(self, data: bytes) -> list[tuple[int, int, bytes]] | None:
        found, at, size = [], 0, len(data)
        while at + HEADER.size <= size:
            length, number, kind = HEADER.unpack_from(data, at)
            if length > MAX_PAYLOAD:
                return None
            end = at + HEADER.size + length
            if end > size:
                break
            found.append((number, kind, data[at + HEADER.size : end]))
            at = end
        if at < size:
            self._waiting += data[at:]
        return found

    def send(self, answers: list[bytes]) -> None:
        """Answer; a front that is gone is found out by the next read."""
        with contextlib.suppress(OSError):
            self.link.sendall(answers[0] if len(answers) == 1 else b"".join(answers))


class Attention:
    """Waits for what comes.

    A caller that asks one request after another is back within a fraction of a millisecond. Where the last one was, the
    next is looked for without falling asleep: waking up costs as much as a small model, and on a machine that others
    share now and then milliseconds.
    """

    def __init__(self, poll: select.poll) -> None:
        self._poll = poll
        self._soon = False

    def events(self) -> list[tuple[int, int]]:
        """What has come: handles and what they are ready for."""
        begun = time.perf_counter()
        found = (self._looked_for(begun + _SOON_SECONDS) if self._soon else None) or self._poll.poll()
        self._soon = time.perf_counter() - begun < _SOON_SECONDS
        return found

    def _looked_for(self, until: float) -> list[tuple[int, int]]:
        while time.perf_counter() < until:
            found = self._poll.poll(0)
            if found:
                return found
            _let_others()
        return []


def serve(listener: socket.socket, scoring: Scoring) -> None:
    """Answer for ever."""
    connections: dict[int, Connection] = {}
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    door = listener.fileno()
    attention = Attention(poll)
    while True:
        for handle, event in attention.events():
            if handle == door:
                link, _ = listener.accept()
                connections[link.fileno()] = Connection(link)
                poll.register(link, select.POLLIN)
                continue
            connection = connections[handle]
            frames = connection.frames() if event & select.POLLIN or not event & _GONE else None
            if frames is None:
                poll.unregister(handle)
                connections.pop(handle).link.close()
            elif frames:
                answer(connection, frames, scoring)


def answer(connection: Connection, frames: list[tuple[int, int, bytes]], scoring: Scoring) -> None:
    """Answer these frames, PING first."""
    pings = [packed(number, 200, b"{}") for number, kind, _ in frames if kind == PING]
    if pings:
        connection.send(pings)
        frames = [frame for frame in frames if frame[1] != PING]
    for begin in range(0, len(frames), _MOST_FRAMES):
        part = frames[begin : begin + _MOST_FRAMES]
        found = scoring.answers([payload for _, _, payload in part])
        connection.send([packed(number, *told) for (number, _, _), told in zip(part, found)])
