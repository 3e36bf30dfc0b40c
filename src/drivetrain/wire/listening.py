"""How the servers of a home listen."""

from __future__ import annotations

import socket


def listening(host: str, port: int = 0, backlog: int = 128) -> socket.socket:
    """A socket that listens; port 0 takes a free one. Raises OSError.

    What is accepted on it answers at once. uvicorn writes the head of an answer and its body one after the other, and
    without TCP_NODELAY the body waits until the client has acknowledged the head: 40 ms for each answer but the first
    of a connection (RFC 896 against RFC 1122, 4.2.3.2). asyncio sets it only on sockets that say their protocol.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # what is accepted inherits it
        bound.bind((host, port))
        bound.listen(backlog)
    except OSError:
        bound.close()
        raise
    return bound
