"""Connections to everything else: opened as this machine opens them, by its own proxy where it has one."""

from __future__ import annotations

import asyncio
import base64
import socket
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]

from drivetrain.view.api.azure.hosts.connect import END, MOST_BYTES, ProxyRefusedError, Wanted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from urllib.parse import SplitResult

SECONDS = 60.0
"""How long it may take until a connection stands."""
_OK = (b"HTTP/1.0 200", b"HTTP/1.1 200")


async def opened(wanted: Wanted, own_port: int) -> socket.socket:
    """A connection to there. `own_port` is the proxy's own, which it never asks. Raises ProxyRefusedError."""
    try:
        async with asyncio.timeout(SECONDS):
            proxy = upstream(wanted, own_port, getproxies_environment())
            if proxy is None:
                return await _connection(wanted.host, wanted.port)
            return await _through(proxy, wanted)
    except (OSError, TimeoutError) as error:
        why = getattr(error, "strerror", None) or "it took too long"
        raise ProxyRefusedError(502, f"{wanted.host}:{wanted.port} cannot be reached: {why}") from error


def upstream(wanted: Wanted, own_port: int, proxies: Mapping[str, str]) -> SplitResult | None:
    """This machine's own proxy for there, None where it has none. Raises ProxyRefusedError for one of a kind that is
    not known here.
    """
    address = proxies.get("https") or proxies.get("all") or ""
    if not address or proxy_bypass_environment(f"{wanted.host}:{wanted.port}", dict(proxies)):
        return None
    found = urlsplit(address if "://" in address else f"http://{address}")
    if found.scheme != "http" or not found.hostname:
        words = f"the proxy of this machine is of a kind that is not served here ({found.scheme}): set https_proxy"
        raise ProxyRefusedError(502, words)
    is_own = found.hostname in ("127.0.0.1", "localhost", "::1") and found.port == own_port
    return None if is_own else found


async def _connection(host: str, port: int) -> socket.socket:
    """The first of a name's addresses that answers. Raises OSError."""
    loop = asyncio.get_running_loop()
    last: OSError = OSError(0, "it has no address")
    for family, kind, protocol, _, address in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            await loop.sock_connect(made, address)
        except OSError as error:
            made.close()
            last = error
        except BaseException:
            made.close()
            raise
        else:
            return made
    raise last


async def _through(proxy: SplitResult, wanted: Wanted) -> socket.socket:
    loop = asyncio.get_running_loop()
    made = await _connection(proxy.hostname or "", proxy.port or 80)
    host = f"[{wanted.host}]" if ":" in wanted.host else wanted.host
    place = f"{host}:{wanted.port}"
    lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}", *_authorization(proxy)]
    try:
        await loop.sock_sendall(made, "\r\n".join([*lines, "", ""]).encode("latin-1"))
        _check(await _head(made), place)
    except BaseException:
        made.close()
        raise
    return made


async def _head(made: socket.socket) -> bytes:
    """The head of an answer, a byte at a time: what follows it is not ours to read."""
    loop = asyncio.get_running_loop()
    head = bytearray()
    while not head.endswith(END) and len(head) < MOST_BYTES and (found := await loop.sock_recv(made, 1)):
        head += found
    return bytes(head)


def _check(head: bytes, place: str) -> None:
    if not head.endswith(END) or not head.startswith(_OK):
        status = head[9:12].decode("latin-1") or "nothing"
        raise ProxyRefusedError(502, f"the proxy of this machine answered {status} to CONNECT {place}")


def _authorization(proxy: SplitResult) -> list[str]:
    if proxy.username is None:
        return []
    shown = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}".encode()
    return [f"Proxy-Authorization: Basic {base64.b64encode(shown).decode()}"]
