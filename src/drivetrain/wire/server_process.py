"""The server as a process: found, started in the background, asked, stopped. Light: the command line imports it."""

from __future__ import annotations

import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct
from msgspec.structs import asdict

from drivetrain import __version__
from drivetrain.errors import ConflictError, UnavailableError
from drivetrain.view.owner_token import read

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from drivetrain.home import Home

START_SECONDS = 30.0
STOP_SECONDS = 20.0
ANSWER_SECONDS = 10.0
LOOK_SECONDS = 0.02
MAX_LOG_BYTES = 10 * 1024 * 1024
MODULE = "drivetrain.wire.server"


class ServerInfo(Struct, frozen=True):
    """What a running server says of itself in `server.json`."""

    pid: int
    url: str
    """Where people reach it."""
    host: str
    """Where this machine reaches it: an address of it, and the port."""
    port: int
    started_at: str
    configured_port: int = 0
    """What the setting said when it started."""
    azure_port: int = 0
    """Where official Azure clients are served, on loopback; 0 before that was there."""
    proxy_port: int = 0
    """The proxy by which Azure's own host names lead there, on loopback; 0 before that was there."""
    version: str = __version__


def write_info(home: Home, info: ServerInfo) -> None:
    """Say where the server is; only whoever holds the lock does so."""
    fresh = home.server_file.with_name(f".{home.server_file.name}")
    fresh.write_text(json.dumps(asdict(info)), "utf-8")
    fresh.replace(home.server_file)


def read_info(home: Home) -> ServerInfo | None:
    """What `server.json` says, also when its server is gone; None when there is none, or it makes no sense."""
    try:
        return msgspec.json.decode(home.server_file.read_bytes(), type=ServerInfo)
    except (FileNotFoundError, NotADirectoryError, msgspec.MsgspecError):
        return None


@contextmanager
def holding(home: Home) -> Iterator[None]:
    """Be the one server of this home. Raises ConflictError when there is one, UnavailableError when the home cannot be
    written. The lock goes with the process, however it ends.
    """
    try:
        home.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = home.server_lock.open("a")
    except OSError as error:
        raise UnavailableError(
            f"cannot write {home.root}: {error.strerror}", hint="check its owner, or set DRIVETRAIN_HOME"
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConflictError(f"a server of {home.root} already runs", hint="drivetrain status") from error
        home.server_file.unlink(missing_ok=True)
        yield


def is_held(home: Home) -> bool:
    """Whether a server of this home lives. A stale `server.json` does not matter."""
    try:
        with home.server_lock.open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def find(home: Home) -> ServerInfo | None:
    """The running server, None when there is none (or it has not said yet where it is)."""
    return read_info(home) if is_held(home) else None


def ask(home: Home, info: ServerInfo, method: str, path: str, body: Any = None) -> Any:
    """Ask the server's API as the owner; its JSON. Raises UnavailableError when it does not answer, or refuses."""
    import http.client  # noqa: PLC0415 - brings ssl and email with it; `drivetrain run` only asks where the server is

    headers = {"Authorization": f"Bearer {read(home.token)}", "Content-Type": "application/json"}
    connection = http.client.HTTPConnection(info.host, info.port, timeout=ANSWER_SECONDS)
    try:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise UnavailableError(
            f"the server (process {info.pid}) does not answer: {error}", hint="drivetrain down, then drivetrain up"
        ) from error
    finally:
        connection.close()
    if answer.status >= http.client.BAD_REQUEST:
        raise UnavailableError(f"the server refused {method} {path}: {answer.status} {text[:200]!r}")
    return json.loads(text)


def sign_in_link(home: Home, info: ServerInfo) -> str:
    """A fresh one-time link to the pages. Raises UnavailableError."""
    return f"{info.url}{ask(home, info, 'POST', '/api/v1/sign-in-links')['path']}"


def command(home: Home, port: int | None, *more: str) -> list[str]:
    """The command that runs the server in the foreground."""
    chosen = [] if port is None else ["--port", str(port)]
    return [sys.executable, "-m", MODULE, "--home", str(home.root), *chosen, *more]


def start(home: Home, port: int | None = None) -> ServerInfo:
    """Start the server in the background and wait until it answers. Raises ConflictError when one runs already,
    UnavailableError with its own words when it cannot start.
    """
    if is_held(home):
        raise ConflictError(f"a server of {home.root} already runs", hint="drivetrain status")
    report, write_end = os.pipe()
    try:
        process = _spawn(home, port, write_end)
    finally:
        os.close(write_end)
    with os.fdopen(report, "rb") as reports:
        said = _wait_for_report(reports.fileno(), START_SECONDS)
    if not said:
        process.kill()
        _complain({"message": "the server did not start", "hint": f"its log says why: {home.server_log}"})
    told = json.loads(said)
    if "pid" not in told:
        process.wait()
        _complain(told)
    process.returncode = 0  # it lives on; Popen must not complain that nobody waited for it
    return ServerInfo(**told)


def _complain(told: dict[str, str]) -> None:
    kind = ConflictError if told.get("kind") == "ConflictError" else UnavailableError
    raise kind(told["message"], hint=told.get("hint", ""))


def _spawn(home: Home, port: int | None, report: int) -> subprocess.Popen[bytes]:
    try:
        home.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        _rotate(home.server_log)
        with home.server_log.open("ab") as log:
            return subprocess.Popen(
                command(home, port, "--report", str(report)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=home.root,
                start_new_session=True,
                pass_fds=(report,),
            )
    except OSError as error:
        raise UnavailableError(
            f"cannot write {home.root}: {error.strerror}", hint="check its owner, or set DRIVETRAIN_HOME"
        ) from error


def _rotate(log: Path) -> None:
    with suppress(FileNotFoundError):
        if log.stat().st_size > MAX_LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))


def _readable(descriptor: int, seconds: float) -> bool:
    """Whether there is something to read by then. `select` takes no descriptor above 1023."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def _wait_for_report(descriptor: int, seconds: float) -> bytes:
    """One line from the server; what there is when it ended or the time is over."""
    deadline = time.monotonic() + seconds
    said = b""
    while not said.endswith(b"\n"):
        ready = _readable(descriptor, max(0.0, deadline - time.monotonic()))
        part = os.read(descriptor, 65536) if ready else b""
        if not part:
            break
        said += part
    return said


def stop(home: Home, seconds: float = STOP_SECONDS) -> ServerInfo | None:
    """End the server; jobs go on. None when none ran. Raises UnavailableError when it does not end in time."""
    info = find(home)
    if info is None:
        return None
    with suppress(ProcessLookupError):
        os.kill(info.pid, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while is_held(home):
        if time.monotonic() > deadline:
            raise UnavailableError(
                f"the server (process {info.pid}) has not ended after {seconds:.0f} s",
                hint=f"kill -9 {info.pid} is safe: running jobs go on, nothing is lost",
            )
        time.sleep(LOOK_SECONDS)
    return info


def tail(path: Path, lines: int = 20) -> Sequence[str]:
    """The last lines of a log."""
    try:
        return path.read_text("utf-8", "replace").splitlines()[-lines:]
    except OSError:
        return ()
