"""One client that asks one request after the other, on a kept connection where the server keeps it, and times each.

Not wrk: it adds, for each answer that came late, those that would have waited meanwhile ("coordinated omission"). So a
pause of the machine of 5 ms counts as thirty requests of a quick server and as four of a slow one; with one client its
99th percentile is that of the machine's pauses, and nearly the same for all.
"""

from __future__ import annotations

import gc
import socket
import statistics
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httptools

from bench.serving.load import Load

if TYPE_CHECKING:
    from bench.serving.peers import Target

LARGEST = 1 << 16


class Answer:
    """Of one request."""

    def __init__(self) -> None:
        self.whole = False
        self.parser = httptools.HttpResponseParser(self)

    def on_message_complete(self) -> None:
        self.whole = True


def measure_alone(target: Target, seconds: float) -> Load:
    """Ask for so long. Raises RuntimeError when an answer was not 2xx, or is missing."""
    gc.disable()
    try:
        times = _times(target, time.perf_counter() + seconds)
    finally:
        gc.enable()
    hundredths = statistics.quantiles(times, n=100)
    return Load(1 / statistics.fmean(times), hundredths[49] * 1000, hundredths[98] * 1000)


def _times(target: Target, until: float) -> list[float]:
    request, found, link = _request(target), [], None
    now = time.perf_counter()
    while now < until:
        begun = now
        link = link or _connected(target)
        keeps = _ask(link, request)
        now = time.perf_counter()
        found.append(now - begun)
        if not keeps:  # as one of them does after each answer: the next request connects anew, which is its time
            link.close()
            link = None
    if link is not None:
        link.close()
    return found


def _connected(target: Target) -> socket.socket:
    place = urlsplit(target.url)
    link = socket.create_connection((place.hostname, place.port), 60)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return link


def _ask(link: socket.socket, request: bytes) -> bool:
    """Whether the connection may be used again."""
    link.sendall(request)
    answer = Answer()
    while not answer.whole:
        data = link.recv(LARGEST)
        if not data:
            raise RuntimeError("the connection was closed before the end of an answer")
        answer.parser.feed_data(data)
    if answer.parser.get_status_code() // 100 != 2:
        raise RuntimeError(f"answered by {answer.parser.get_status_code()}")
    return bool(answer.parser.should_keep_alive())


def _request(target: Target) -> bytes:
    place, body = urlsplit(target.url), target.body.encode()
    headers = {"Host": place.netloc, "Content-Type": "application/json", "Content-Length": len(body), **target.headers}
    lines = [f"POST {place.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode() + body
