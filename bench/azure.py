"""The Azure edge: what a gigabyte costs in memory."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import psutil

from bench.figure import Figure
from drivetrain.home import Home
from drivetrain.registry.model import Workspace
from drivetrain.wire.azure import blob_accounts
from drivetrain.wire.certificates import Certificates
from drivetrain.wire.server_process import ServerInfo, read_info
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENT = Path(__file__).parents[1] / ".tools" / "azure" / "ml" / "bin" / "python"
COMMAND = Path(sys.executable).with_name("drivetrain")
GIGABYTE = 1 << 30
PIECE = bytes(range(256)) * 4096


@contextmanager
def served() -> Iterator[tuple[Home, ServerInfo]]:
    """A home of its own with its server."""
    with tempfile.TemporaryDirectory() as name:
        home = Home(Path(name) / "home")
        environment = {**os.environ, "DRIVETRAIN_HOME": str(home.root), "DRIVETRAIN_AZURE_PORT": "0"}
        subprocess.run([COMMAND, "up", "--port", "0"], env=environment, check=True, capture_output=True)
        try:
            info = read_info(home)
            assert info is not None
            yield home, info
        finally:
            subprocess.run([COMMAND, "down"], env=environment, check=True, capture_output=True)


def measure() -> list[Figure]:
    with served() as (home, info):
        return [_memory(home, info)]


def _memory(home: Home, info: ServerInfo) -> Figure:
    """Warm, then a gigabyte up and down."""
    address = f"https://127.0.0.1:{info.azure_port}"
    accounts = blob_accounts(Storage(home), address, Certificates(home.azure).storage_key())
    workspace = Storage(home).workspaces.put(Workspace("00000000-0000-0000-0000-000000000001", "s", "g", "bench"))
    account, container = accounts.account_of(workspace), accounts.blobstore(workspace)
    server = psutil.Process(info.pid)
    context = ssl.create_default_context(cafile=str(home.azure / "ca.pem"))
    with httpx.Client(verify=context, timeout=600) as web:
        _there_and_back(web, accounts.sas(account, container, "warm", permissions="rw"), 16 * len(PIECE))
        before = server.memory_info().rss
        _there_and_back(web, accounts.sas(account, container, "large", permissions="rw"), GIGABYTE)
    grown = max(server.memory_info().rss - before, 0) / 1e6
    return Figure("the server's memory after a blob of 1 GB, up and down", grown, "MB", "the promise", 40.0, limit=1.0)


def _there_and_back(web: httpx.Client, address: str, size: int) -> None:
    pieces = (PIECE for _ in range(size // len(PIECE)))
    headers = {"content-length": str(size), "x-ms-blob-type": "BlockBlob"}
    web.put(address, content=pieces, headers=headers).raise_for_status()
    with web.stream("GET", address) as answer:
        received = sum(len(piece) for piece in answer.iter_bytes(1 << 20))
    if received != size:
        raise SystemExit(f"of {size} bytes, {received} came back")
