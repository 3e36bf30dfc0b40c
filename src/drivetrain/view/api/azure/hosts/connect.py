"""The first request of a connection to the proxy: `CONNECT host:port`. Pure.

https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6
"""

from __future__ import annotations

import re

from msgspec import Struct

MOST_BYTES = 16 * 1024
"""The longest head of a request."""
END = b"\r\n\r\n"
_LINE = re.compile(rb"CONNECT (\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253}):([0-9]{1,5}) HTTP/1\.[01]")
_HEADER = re.compile(rb"([A-Za-z0-9-]{1,100}):[ \t]*([^\r\n]*?)[ \t]*")
_MOST_PORT = 65535


class ProxyRefusedError(Exception):
    """What the proxy answers instead of opening a connection."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words


class Wanted(Struct, frozen=True):
    """Where a client wants to be connected to."""

    host: str
    port: int
    authorization: str
    """Its `Proxy-Authorization`; empty without one."""


def wanted(head: bytes) -> Wanted:
    """What a request asks for. Raises ProxyRefusedError."""
    line, *rest = head.removesuffix(END).split(b"\r\n")
    if not line.startswith(b"CONNECT "):
        raise ProxyRefusedError(405, "This proxy answers CONNECT only: set HTTPS_PROXY to it, and not HTTP_PROXY.")
    found = _LINE.fullmatch(line)
    if found is None or not 0 < int(found[2]) <= _MOST_PORT:
        raise ProxyRefusedError(400, "CONNECT needs a host and a port.")
    return Wanted(found[1].decode().strip("[]"), int(found[2]), _authorization(rest))


def _authorization(lines: list[bytes]) -> str:
    given = [found for line in lines if (found := _HEADER.fullmatch(line))]
    if len(given) != len(lines):
        raise ProxyRefusedError(400, "A header makes no sense.")
    values = [found[2] for found in given if found[1].lower() == b"proxy-authorization"]
    if len(values) > 1:
        raise ProxyRefusedError(400, "Proxy-Authorization comes twice.")
    return values[0].decode("latin-1") if values else ""


def answer(refused: ProxyRefusedError) -> bytes:
    """The answer that refuses, as HTTP."""
    body = f"{refused.words}\n".encode()
    more = 'Proxy-Authenticate: Basic realm="drivetrain"\r\n' if refused.status == 407 else ""  # noqa: PLR2004
    head = f"HTTP/1.1 {refused.status} {_REASONS[refused.status]}\r\n{more}Content-Type: text/plain; charset=utf-8\r\n"
    return f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


_REASONS = {
    400: "Bad Request",
    405: "Method Not Allowed",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    431: "Request Header Fields Too Large",
    502: "Bad Gateway",
    503: "Service Unavailable",
}
OPENED = b"HTTP/1.1 200 Connection established\r\n\r\n"
