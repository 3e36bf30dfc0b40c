"""The proxy on real sockets: what leads here, what is passed on, and who is refused."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import resource
import socket
import ssl
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from drivetrain.view.api.azure.hosts.connect import MOST_BYTES
from drivetrain.view.api.azure.hosts.credentials import credential
from drivetrain.view.api.azure.hosts.door import Door
from drivetrain.wire.certificates import HostCertificates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KEY = b"k" * 32
TOKEN = "a job's token"
LIVES = {hashlib.sha256(TOKEN.encode()).hexdigest()}


class Echo(asyncio.Protocol):
    """Stands for the edge: says what it was told, and that it was here."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        assert isinstance(self.transport, asyncio.Transport)
        self.transport.write(b"here: " + data)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> HostCertificates:
    made = HostCertificates(tmp_path_factory.mktemp("home") / "azure")
    made.make()
    return made


@pytest.fixture
def port(certificates: HostCertificates) -> Iterator[int]:
    """A proxy that serves."""

    def context() -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(certificates.certificate, certificates.key)
        return made

    bound = socket.create_server(("127.0.0.1", 0))
    door = Door(KEY, LIVES.__contains__, context, Echo)
    started: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[None]]] = []
    ready = threading.Event()

    async def serving() -> None:
        task = asyncio.create_task(door.serve(bound))
        started.append((asyncio.get_running_loop(), task))
        ready.set()
        with suppress(asyncio.CancelledError):
            await task

    thread = threading.Thread(target=lambda: asyncio.run(serving()))
    thread.start()
    assert ready.wait(60)
    yield bound.getsockname()[1]
    loop, task = started[0]
    loop.call_soon_threadsafe(task.cancel)
    thread.join()
    bound.close()


def connect(port: int, place: str, shown: str | None = None) -> tuple[socket.socket, bytes]:
    """A connection to the proxy that has asked for a place, and the head of the answer."""
    made = socket.create_connection(("127.0.0.1", port), timeout=60)
    shown = credential(KEY, TOKEN) if shown is None else shown
    lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}"]
    lines += [f"Proxy-Authorization: Basic {base64.b64encode(shown.encode()).decode()}"] if shown else []
    made.sendall("\r\n".join([*lines, "", ""]).encode())
    head = b""
    while not head.endswith(b"\r\n\r\n") and (found := made.recv(1)):
        head += found
    return made, head


@contextmanager
def server(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """Somebody on this machine who is asked once."""
    bound = socket.create_server(("127.0.0.1", 0))

    def once() -> None:
        client, _ = bound.accept()
        with client:
            answer(client)

    thread = threading.Thread(target=once)
    thread.start()
    yield bound.getsockname()[1]
    thread.join()
    bound.close()


def test_azures_names_lead_here_over_tls(port: int, certificates: HostCertificates) -> None:
    trusting = ssl.create_default_context(cafile=str(certificates.folder / "ca.pem"))
    for name in ("management.azure.com", "login.microsoftonline.com", "westeurope.api.azureml.ms"):
        made, head = connect(port, f"{name}:443")
        assert head.startswith(b"HTTP/1.1 200 ")
        with made, trusting.wrap_socket(made, server_hostname=name) as secure:
            secure.sendall(b"hello")
            assert secure.recv(100) == b"here: hello"


def test_everything_else_is_passed_on_as_it_is(port: int) -> None:
    def answer(client: socket.socket) -> None:
        found = b""
        while part := client.recv(65536):
            found += part
        client.sendall(found[::-1])

    with server(answer) as other:
        made, head = connect(port, f"127.0.0.1:{other}")
        assert head == b"HTTP/1.1 200 Connection established\r\n\r\n"
        made.sendall(b"not TLS at all")
        made.shutdown(socket.SHUT_WR)
        assert made.makefile("rb").read() == b"lla ta SLT ton"
        made.close()


@pytest.mark.parametrize("shown", ["", "job:password", credential(b"x" * 32, TOKEN), credential(KEY, "ended")])
def test_nobody_else_may_use_it(port: int, shown: str) -> None:
    for place in ("management.azure.com:443", "127.0.0.1:1"):
        made, head = connect(port, place, shown)
        assert head.startswith(b"HTTP/1.1 407 ")
        assert b'Proxy-Authenticate: Basic realm="drivetrain"' in head
        assert made.makefile("rb").read() == b"Only a job that runs, or the owner, may use this proxy.\n"
        made.close()


def test_odd_requests_are_answered(port: int) -> None:
    for sent, status in [
        (b"GET / HTTP/1.1\r\n\r\n", b"405"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"405"),
        (b"CONNECT a:443 HTTP/1.1\r\nX: " + b"x" * MOST_BYTES, b"431"),
        (b"CONNECT a:443 HTTP/1.1\r\n\r\nmore", b"400"),
    ]:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as made:
            made.sendall(sent)
            assert made.recv(12)[9:] == status
    made, head = connect(port, "127.0.0.1:1")
    assert head.startswith(b"HTTP/1.1 502 ")
    assert b"cannot be reached" in made.makefile("rb").read()
    made.close()


def test_the_proxy_of_the_machine_is_asked(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []

    def answer(client: socket.socket) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += client.recv(1)
        asked.append(head)
        client.sendall(b"HTTP/1.1 200 OK\r\nVia: me\r\n\r\nfirst words")

    for name in ("no_proxy", "NO_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with server(answer) as other:
        monkeypatch.setenv("https_proxy", f"http://me:p%40ss@127.0.0.1:{other}")
        made, head = connect(port, "example.invalid:443")
        assert head.startswith(b"HTTP/1.1 200 ")
        assert made.makefile("rb").read() == b"first words"
        made.close()
    assert asked == [
        b"CONNECT example.invalid:443 HTTP/1.1\r\nHost: example.invalid:443\r\n"
        b"Proxy-Authorization: Basic " + base64.b64encode(b"me:p@ss") + b"\r\n\r\n"
    ]


def test_much_passes_in_little_memory(port: int) -> None:
    size, block = 256 * 1024 * 1024, os.urandom(1024 * 1024)

    def answer(client: socket.socket) -> None:
        for _ in range(size // len(block)):
            client.sendall(block)

    with server(answer) as other:
        made, _ = connect(port, f"127.0.0.1:{other}")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        held, count = memoryview(bytearray(1024 * 1024)), 0
        while found := made.recv_into(held):
            count += found
        made.close()
    assert count == size
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown < 16


def test_a_client_that_goes_away_leaves_nobody_waiting(port: int) -> None:
    ended = threading.Event()

    def answer(client: socket.socket) -> None:
        with suppress(OSError):
            while client.recv(1024):
                pass
        ended.set()

    with server(answer) as other:
        made, _ = connect(port, f"127.0.0.1:{other}")
        made.close()
        assert ended.wait(60)


def test_two_authorities(certificates: HostCertificates, tmp_path: Path) -> None:
    """The one for Azure's names is in no bundle but its own, and speaks for nothing else."""
    main, hosts = certificates.folder.parent, certificates.folder
    own = (hosts / "ca.pem").read_text().strip()
    assert own in (hosts / "bundle.pem").read_text()
    assert own not in (main / "bundle.pem").read_text()
    assert (main / "ca.pem").read_text().strip() in (hosts / "bundle.pem").read_text()
    before = (hosts / "bundle.pem").stat().st_mtime_ns
    HostCertificates(main).make()
    assert (hosts / "bundle.pem").stat().st_mtime_ns == before
    assert [path.name for path in hosts.iterdir() if b"PRIVATE KEY" in path.read_bytes()] == ["server.key"]
    assert (hosts / "server.key").stat().st_mode & 0o077 == 0
    assert not list(tmp_path.iterdir())
