"""Starts, watches and ends the process that hosts MLflow (worker.py), and talks to it.

We bind its socket and hand it over, so nobody else can take the port in between; from then on only the worker has it
open, so that requests to a killed worker fail at once instead of waiting for nobody. Every request carries a
secret that only the two of us know, a new one for each worker.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import socket
import sys
from typing import TYPE_CHECKING

from drivetrain.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import httpx

SECRET_HEADER = "x-drivetrain-worker"  # noqa: S105 - the name of a header
APPLY_PATH = "/.drivetrain/apply"
"""A route of our own in the worker: it begins with a name that MLflow does not use."""
CREATE_PATH = "/.drivetrain/create-run"
"""Another one: makes a training run under an id that the caller gives."""
PRIVATE_PATHS = "/.drivetrain"
_START_LIMIT = 120.0
_STOP_LIMIT = 10.0


class Worker:
    """The MLflow process of one home folder, started when first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._starting = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._client: httpx.AsyncClient | None = None

    @property
    def pid(self) -> int | None:
        """The process, when there is one that has not ended."""
        process = self._process
        return process.pid if process is not None and _lives(process) else None

    @property
    def log(self) -> Path:
        """What the process printed."""
        return self._folder / "worker.log"

    async def client(self) -> httpx.AsyncClient:
        """A client for the worker, which is started if it is not there.

        Raises:
            UnavailableError: it does not start; the message has its last words.
        """
        if self._client is not None and self.pid is not None:
            return self._client
        async with self._starting:
            if self._client is None or self.pid is None:
                await self._start()
        if self._client is None:
            raise UnavailableError("MLflow was stopped", hint="start the server again")
        return self._client

    async def apply(self, lines: bytes) -> list[dict[str, str]]:
        """Have journal lines written to MLflow's store; returns those it refused, with the reason.

        Raises:
            UnavailableError: it did not, for a reason that may pass.
        """
        import httpx  # noqa: PLC0415 - only needed once MLflow is wanted

        client = await self.client()
        try:
            answer = await client.post(APPLY_PATH, content=lines)
        except httpx.TransportError as error:
            raise UnavailableError(f"MLflow did not answer: {error!r}", hint=f"see {self.log}") from error
        if answer.status_code != httpx.codes.OK:
            raise UnavailableError(f"MLflow did not take writes: {answer.text}", hint=f"see {self.log}")
        refusals: list[dict[str, str]] = answer.json()
        return refusals

    async def create_run(self, run_id: str, request: Mapping[str, object]) -> httpx.Response:
        """Have MLflow make a run under this id; `request` is the body of its `runs/create`. Its answer. Raises
        UnavailableError.
        """
        import httpx  # noqa: PLC0415 - only needed once MLflow is wanted

        client = await self.client()
        try:
            return await client.post(CREATE_PATH, json={"run_id": run_id, "request": request})
        except httpx.TransportError as error:
            raise UnavailableError(f"MLflow did not answer: {error!r}", hint=f"see {self.log}") from error

    async def stop(self) -> None:
        """End the process and wait for it."""
        async with self._starting:
            if self._client is not None:
                await self._client.aclose()
                self._client = None
            await self._end_process()

    async def _start(self) -> None:
        await self._end_process()
        if self._client is not None:
            await self._client.aclose()
            self._client = None
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        secret = secrets.token_urlsafe(32)
        with socket.create_server(("127.0.0.1", 0), backlog=512) as listening:
            port = listening.getsockname()[1]
            process = await self._spawn(listening, secret, port)
        self._process = process
        if not await _says_ready(process):
            await self._end_process()
            raise self._failure(process.returncode)
        self._client = _connect(port, secret)

    async def _spawn(self, listening: socket.socket, secret: str, port: int) -> asyncio.subprocess.Process:
        settings = {"folder": str(self._folder), "secret": secret, "fd": listening.fileno(), "port": port}
        with self.log.open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "drivetrain.record.tracking.worker",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                pass_fds=[listening.fileno()],
                env=_environment(os.environ),
                start_new_session=True,  # a Ctrl-C at the terminal is ours to handle: first we flush
            )
        if process.stdin is not None:
            process.stdin.write(json.dumps(settings).encode() + b"\n")
        return process

    async def _end_process(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), _STOP_LIMIT)
        except TimeoutError:
            process.kill()
            await process.wait()

    def _failure(self, code: int | None) -> UnavailableError:
        try:
            words = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        except OSError:
            words = []
        last = words[-1] if words else "it said nothing"
        return UnavailableError(
            f"MLflow's server did not start (exit code {code}): {last}", hint=f"the whole story is in {self.log}"
        )


def _connect(port: int, secret: str) -> httpx.AsyncClient:
    import httpx  # noqa: PLC0415 - only needed once MLflow is wanted

    return httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}",
        headers={SECRET_HEADER: secret},
        timeout=httpx.Timeout(None, connect=30.0),
        limits=httpx.Limits(max_connections=200, max_keepalive_connections=20, keepalive_expiry=4.0),
        trust_env=False,
        follow_redirects=False,
    )


def _lives(process: asyncio.subprocess.Process) -> bool:
    """Ask the system: the event loop hears of a death only a little later."""
    if process.returncode is not None or not hasattr(os, "waitid"):  # macOS has it from Python 3.13 on
        return process.returncode is None
    try:
        return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
    except ChildProcessError:
        return False


async def _says_ready(process: asyncio.subprocess.Process) -> bool:
    if process.stdout is None:
        return False
    try:
        return await asyncio.wait_for(process.stdout.readline(), _START_LIMIT) == b"ready\n"
    except TimeoutError:
        process.kill()
        return False


def _environment(ours: Mapping[str, str]) -> dict[str, str]:
    """Our environment without what would redirect MLflow."""
    return {name: value for name, value in ours.items() if not name.startswith(("MLFLOW_", "_MLFLOW_"))}
