"""Where the server of a home listens."""

from __future__ import annotations

import socket
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.errors import UnavailableError
from drivetrain.wire.listening import listening

if TYPE_CHECKING:
    from drivetrain.settings import Settings
    from drivetrain.wire.server_process import ServerInfo

ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - asked for in the settings


class Address(Struct, frozen=True):
    """Where the server listens, and how it is called."""

    bound: socket.socket
    host: str
    """Where this machine reaches it."""
    port: int
    local_url: str
    """What jobs use."""
    public_url: str
    """What people use."""


def listen(settings: Settings, port: int) -> Address:
    """Bind and listen. Raises UnavailableError that says who has the port, when that can be known."""
    try:
        bound = listening(settings.host, port, backlog=2048)
    except OSError as error:
        raise _cannot_listen(settings.host, port, error) from error
    port = bound.getsockname()[1]
    host = ANY_ADDRESS.get(settings.host, settings.host)
    local = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    return Address(bound, host, port, local, settings.public_url.rstrip("/") or local)


def _cannot_listen(host: str, port: int, error: OSError) -> UnavailableError:
    hint = "drivetrain up --port 0 takes a free one; `port` in config.toml sets another for good"
    return UnavailableError(f"cannot listen on {host}:{port}: {error.strerror}{_who_has(port)}", hint=hint)


def _who_has(port: int) -> str:
    import psutil  # noqa: PLC0415 - only to explain a failure

    with suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            if (
                connection.status == psutil.CONN_LISTEN
                and getattr(connection.laddr, "port", 0) == port
                and connection.pid
            ):
                return f" ({psutil.Process(connection.pid).name()}, process {connection.pid}, has it)"
    return ""


def choose_port(settings: Settings, asked: int | None, last: ServerInfo | None) -> int:
    """The port to listen on: the one asked for, else the last server's as long as the setting has not changed and it
    is free (jobs under way still look for us there), else the setting.
    """
    wanted = settings.port if asked is None else asked
    if last is None or asked or (asked is None and last.configured_port != settings.port):
        return wanted
    with closing(socket.socket()) as probe, suppress(OSError):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((settings.host, last.port))
        return last.port
    return wanted
