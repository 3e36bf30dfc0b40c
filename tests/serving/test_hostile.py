"""Callers that mean harm, and clients that are only odd. The front outlives all of them, and others are answered."""

from __future__ import annotations

import json
import os
import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from drivetrain.serve.front.connection import BODY_BYTES, HEAD_BYTES, MOST_AHEAD
from tests.serving.live import PATIENCE, frames, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.serving.live import Live


class Raw:
    """A connection on which anything may be said."""

    def __init__(self, live: Live) -> None:
        self.link = socket.create_connection(live.address, timeout=PATIENCE)
        self.auth = f"Authorization: Bearer {live.key}\r\n".encode()

    def say(self, data: bytes) -> None:
        with suppress(OSError):  # it may have heard enough
            self.link.sendall(data)

    def post(self, body: bytes, *headers: bytes) -> None:
        lines = b"".join(line + b"\r\n" for line in (*headers, b"Content-Length: %d" % len(body)))
        self.say(b"POST /score HTTP/1.1\r\nHost: x\r\n" + self.auth + lines + b"\r\n" + body)

    def all(self) -> bytes:
        """What is said until the other side closes."""
        said = b""
        with suppress(ConnectionResetError):
            while part := self.link.recv(1 << 16):
                said += part
        return said

    def answers(self, count: int) -> list[bytes]:
        """So many answers, one after the other."""
        said = b""
        while said.count(b"HTTP/1.1 ") < count or not said.endswith(b"]"):
            part = self.link.recv(1 << 16)
            assert part, said
            said += part
        return said.split(b"HTTP/1.1 ")[1:]


@pytest.fixture
def raw(shared: Live) -> Iterator[Raw]:
    before = shared.status.pid
    made = Raw(shared)
    with made.link:
        yield made
    assert shared.ask().status == 200
    assert shared.status.pid == before


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"\x16\x03\x01\x02\x00 hello TLS\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\n\r\n", 400),
        (b"POST /score HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"POST /score HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400),
        (b"POST /score HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /score HTTP/1.1\r\nContent-Length : 5\r\n\r\nhello", 400),
        (b"POST /score HTTP/1.1\r\nTransfer-Encoding: xchunked\r\nKEY\r\n\r\n", 400),
        (b"POST /score HTTP/1.1\r\nTransfer-Encoding: chunked\r\nKEY\r\n\r\nzz\r\n", 400),
        (b"GET / HTTP/1.1\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nX: a\x00b\r\n\r\n", 400),
        (b"POST /score HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (BODY_BYTES + 1), 413),
        (b"POST /score HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * (HEAD_BYTES + 1), 431),
        (b"GET /" + b"x" * (HEAD_BYTES + 1), 431),
    ],
)
def test_what_is_no_request_is_refused_and_the_connection_ends(raw: Raw, said: bytes, status: int) -> None:
    raw.say(said.replace(b"KEY\r\n", raw.auth))
    told = raw.all()
    assert told.startswith(b"HTTP/1.1 %d " % status), told
    assert told.count(b"HTTP/1.1 ") == 1
    assert b"connection: close" in told


def test_a_chunked_body_is_bounded_too(raw: Raw) -> None:
    raw.say(b"POST /score HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + raw.auth + b"\r\n")
    chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    for _ in range(BODY_BYTES // 0x100000 + 1):
        raw.say(chunk)
    assert raw.all().startswith(b"HTTP/1.1 413 ")


def test_requests_sent_ahead_are_answered_in_their_order(raw: Raw) -> None:
    for number in range(10):
        raw.post(json.dumps({"do": {"answer": [number], "sleep": 0.05 if number == 3 else 0}}).encode())
    answers = raw.answers(10)
    assert [answer[-3:] for answer in answers] == [b"[%d]" % number for number in range(10)]


def test_too_many_sent_ahead_are_refused(raw: Raw) -> None:
    raw.post(b'{"do": {"sleep": 0.3}}')
    raw.say((b"POST /score HTTP/1.1\r\nContent-Length: 2\r\n" + raw.auth + b"\r\n{}") * (MOST_AHEAD + 5))
    told = raw.all()
    assert told.count(b"HTTP/1.1 200 ") == 1, "what was begun is answered, all else is not"
    assert b"connection: close" in told


def test_clients_that_are_only_odd_are_served(raw: Raw) -> None:
    raw.post(
        b'{"do": {"answer": [1], "sleep": 0.01}}',
        b"Expect: 100-continue",
        b"Connection: Upgrade, HTTP2-Settings",
        b"Upgrade: h2c",
    )
    told = raw.all()
    assert told.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")
    assert told.endswith(b"[1]")


def test_a_body_that_comes_after_a_wish_for_another_protocol_is_read(raw: Raw) -> None:
    body = b'{"do": {"echo": true}, "rows": "' + b"x" * 500_000 + b'"}'
    raw.post(body, b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c")
    assert len(raw.all().partition(b"\r\n\r\n")[2]) == len(body)


def test_a_large_body_is_not_read_before_it_is_known_who_sends_it(raw: Raw) -> None:
    raw.auth = b""
    raw.say(b"POST /score HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n")
    assert raw.all().startswith(b"HTTP/1.1 401 ")


def test_an_old_client_is_served_and_left(raw: Raw) -> None:
    raw.say(b"POST /score HTTP/1.0\r\nContent-Length: 2\r\n" + raw.auth + b"\r\n{}")
    told = raw.all()
    assert told.startswith(b"HTTP/1.1 200 OK")
    assert b"connection: close" in told


def test_a_slow_head_is_not_waited_for(raw: Raw) -> None:
    """Ten seconds of wall time, none of a processor."""
    raw.say(b"POST /score HTTP/1.1\r\n")
    over = threading.Event()

    def drip() -> None:
        while not over.wait(0.2):
            raw.say(b"X: y\r\n")

    dripping = threading.Thread(target=drip)
    dripping.start()
    try:
        assert raw.all().startswith(b"HTTP/1.1 408 ")
    finally:
        over.set()
        dripping.join()


def test_a_caller_that_goes_away_leaves_nothing_behind(shared: Live) -> None:
    pid = shared.status.pid
    folder = Path(f"/proc/{pid}/fd")
    before = len(list(folder.iterdir()))
    for body in (b'{"do": {"sleep": 0.2}}', b"{", b""):
        raw = Raw(shared)
        raw.post(body)
        raw.link.close()
    half = Raw(shared)
    half.say(b"POST /score HTTP/1.1\r\nContent-Length: 100\r\n" + half.auth + b"\r\nhalf")
    half.link.close()
    until(lambda: len(list(folder.iterdir())) <= before)
    assert shared.ask().status == 200


def test_answers_may_be_large_and_bodies_too(shared: Live) -> None:
    body = {"do": {"echo": True}, "rows": "x" * (8 << 20)}
    assert shared.ask(body=body).json == body


def test_a_replica_that_writes_for_ever_fills_no_disk(live: Live) -> None:
    live.deploy("blue", frames("flood"))
    live.traffic(blue=100)
    folder = live.home.endpoint("taxi") / "logs"
    until((folder / "blue.0.log.1").exists)
    assert live.ask().status == 200
    assert sum(path.stat().st_size for path in folder.iterdir()) < 11 << 20


def test_sockets_and_files_are_the_owners_alone(shared: Live) -> None:
    folder = shared.home.endpoint("taxi")
    assert folder.stat().st_mode & 0o077 == 0
    for path in (*folder.glob("logs/*"), *folder.glob("s/*"), Path(os.path.realpath(folder))):
        assert path.stat().st_mode & 0o077 == 0, path
