"""For tests of serving: models of every flavour, a client of replicas, and their environment."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from drivetrain.serve import processes
from drivetrain.serve.in_replica.frames import HEADER, PING, SCORE, packed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from drivetrain.serve.model import EnvironmentSpec, Launch

ROOT = Path(__file__).parents[1]
PYTHON = ROOT / ".tools" / "models" / "bin" / "python"
MAKER = ROOT / "tests" / "serving" / "make_models.py"


def model_python() -> Path:
    """The interpreter that models are made and run with."""
    if not PYTHON.exists():
        words = "the environment of models is not there: scripts/model_environment"
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    return PYTHON


def made_models() -> Path:
    """The folder with all models and expected.json, made once for this form of the program that makes them."""
    python = model_python()
    folder = PYTHON.parents[1].resolve() / f"examples-{hashlib.sha256(MAKER.read_bytes()).hexdigest()[:12]}"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "expected.json").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            with tempfile.TemporaryDirectory() as quiet:
                subprocess.run([python, MAKER, folder], check=True, capture_output=True, cwd=quiet)
    return folder


class OneEnvironment:
    """The port Environments: whatever is asked for, it is the interpreter of the tests' models, which has it all."""

    def __init__(self) -> None:
        self.asked: list[tuple[EnvironmentSpec, tuple[str, ...]]] = []

    def __call__(self, spec: EnvironmentSpec, extra: tuple[str, ...], say: Callable[[str], None]) -> Path:  # noqa: ARG002 - it says nothing
        self.asked.append((spec, extra))
        return model_python()


class Asking:
    """A front as far as a replica knows it."""

    def __init__(self, path: str, *, seconds: float = 120.0) -> None:
        until = time.monotonic() + seconds
        while not Path(path).exists():
            assert time.monotonic() < until, "the replica does not listen"
            time.sleep(0.01)
        self._link = socket.socket(socket.AF_UNIX)
        self._link.settimeout(seconds)
        try:
            self._link.connect(path)
            assert self.answers([(PING, b"")]) == [(200, {})]
        except BaseException:
            self._link.close()
            raise

    def answers(self, asked: list[tuple[int, bytes]]) -> list[tuple[int, Any]]:
        """Send all at once; the answers in the order of the questions. Raises ConnectionError when the replica ends."""
        self._link.sendall(b"".join(packed(number, kind, body) for number, (kind, body) in enumerate(asked)))
        found: dict[int, tuple[int, Any]] = {}
        while len(found) < len(asked):
            length, number, status = HEADER.unpack(self._exactly(HEADER.size))
            found[number] = (status, json.loads(self._exactly(length)))
        return [found[number] for number in range(len(asked))]

    def score(self, body: Any) -> tuple[int, Any]:
        """One question."""
        return self.answers([(SCORE, body if isinstance(body, bytes) else json.dumps(body).encode())])[0]

    def close(self) -> None:
        self._link.close()

    def _exactly(self, size: int) -> bytes:
        kept = b""
        while len(kept) < size:
            data = self._link.recv(size - len(kept))
            if not data:
                raise ConnectionError("the replica has ended")
            kept += data
        return kept


@contextmanager
def running(launch: Launch, **variables: str) -> Iterator[tuple[Asking, processes.Replica]]:
    """A replica of that launch that has loaded its model."""
    with tempfile.TemporaryDirectory(prefix="dt-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with (folder / "log").open("wb") as log:
            replica = processes.start(launch, variables, folder=folder / "own", log=log, socket=str(folder / "s"))
        try:
            asking = Asking(str(folder / "s"))
            with closing(asking):
                yield asking, replica
        except BaseException as error:
            error.add_note((folder / "log").read_text("utf-8", "replace")[-3000:])
            raise
        finally:
            processes.end(replica)
