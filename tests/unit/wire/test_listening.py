"""Servers answer at once: what they accept waits for no acknowledgement before it sends."""

from __future__ import annotations

import errno
import re
import socket
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from drivetrain import wire
from drivetrain.settings import Settings
from drivetrain.wire.address import listen
from drivetrain.wire.azure import listen_azure
from drivetrain.wire.listening import listening

if TYPE_CHECKING:
    from collections.abc import Callable

SERVERS: dict[str, Callable[[], socket.socket]] = {
    "of people and jobs": lambda: listen(Settings(), 0).bound,
    "of Azure clients": lambda: listen_azure(Settings(azure_port=0), None),
}


def _accepted_sends_at_once(bound: socket.socket) -> bool:
    with socket.create_connection(bound.getsockname()[:2]), closing(bound.accept()[0]) as accepted:
        return bool(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))


@pytest.mark.parametrize("name", SERVERS)
def test_what_is_accepted_sends_at_once(name: str) -> None:
    with SERVERS[name]() as bound:
        assert _accepted_sends_at_once(bound)


def test_nothing_listens_in_another_way() -> None:
    """A foreground run's two sockets, and whatever comes."""
    modules = [path for path in Path(wire.__file__).parent.rglob("*.py") if path.name != "listening.py"]
    assert len(modules) > 50
    assert [path.name for path in modules if re.search(r"create_server|\.listen\(", path.read_text())] == []


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_of_the_newer_protocol_too() -> None:
    try:
        bound = listening("::1")
    except OSError as error:
        pytest.skip(f"this machine has no IPv6: {error}")
    with bound:
        assert bound.family == socket.AF_INET6
        assert _accepted_sends_at_once(bound)


def test_a_port_that_is_taken_is_refused() -> None:
    with listening("127.0.0.1") as first, pytest.raises(OSError) as refused:  # noqa: PT011 - its number is looked at
        listening("127.0.0.1", first.getsockname()[1])
    assert refused.value.errno == errno.EADDRINUSE
    assert "Address already in use" in str(refused.value)


def test_a_port_can_be_taken_again_at_once() -> None:
    with listening("127.0.0.1") as bound:
        assert bound.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)
