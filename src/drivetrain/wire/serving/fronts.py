"""The Fronts port: fronts as processes of their own, detached, found by their lock and asked on a socket."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from drivetrain import __version__
from drivetrain.errors import NotFoundError, UnavailableError
from drivetrain.run.runner.processes import JOB_MARK, STEP_MARK
from drivetrain.serve.front.control import ask
from drivetrain.serve.front.ground import LOGS
from drivetrain.serve.front.replica_log import older, tail
from drivetrain.serve.model import Status
from drivetrain.wire.serving.places import FrontInfo, front_log, is_held, read_info

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.home import Home

MODULE = "drivetrain.wire.serving.front"
GUARDED = (sys.executable, "-I", "-S", str(Path(__file__).with_name("guard.py")))
HANDED_ON = (
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LC_",
    "TZ",
    "TMPDIR",
    "XDG_",
    "DRIVETRAIN_",
    "COVERAGE_",
    "OTEL_",
)
LOOK_SECONDS = 0.02
STATUS_SECONDS = 5.0
STOP_SECONDS = 60.0
MOST_LOG_BYTES = 5 << 20
SOME_LINES = 10
BYTES_A_LINE = 1 << 10


def bare(environ: Mapping[str, str]) -> dict[str, str]:
    """What of an environment a front may have. It may be started by a step of a job, and outlives it: neither its marks
    (by which the runner ends what a job leaves) nor the secrets that were mapped into it are handed on.
    """
    marks = {JOB_MARK, STEP_MARK}
    return {name: value for name, value in environ.items() if name not in marks and name.startswith(HANDED_ON)}


class ProcessFronts:
    """Fronts of one home."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def apply(self, name: str, *, seconds: float = 30.0) -> Status:
        """Have the front carry out what is kept now, starting it when it does not run; it answers once it routes by
        that generation (replicas may still be starting). A front of another version is replaced. Raises
        UnavailableError with the end of its log.
        """
        deadline = time.monotonic() + seconds
        while True:
            info = self._found(name)
            if info is not None and info.version != __version__:
                return self._started(name, deadline, "--replace")
            if info is None and not is_held(self._home, name):
                return self._started(name, deadline)
            status = None if info is None else self._asked(info, "apply", deadline - time.monotonic())
            if status is not None:
                return status
            if time.monotonic() > deadline:
                raise self._silent(name, seconds)
            time.sleep(LOOK_SECONDS)

    def status(self, name: str) -> Status | None:
        """How it is; None when it does not run."""
        info = self._found(name)
        return None if info is None else self._asked(info, "status", STATUS_SECONDS)

    def stop(self, name: str) -> None:
        """End it and its replicas, letting them answer what they have. Raises UnavailableError when it does not end."""
        info = self._found(name)
        if info is None:
            return
        with suppress(OSError):
            ask(info.control, {"do": "stop"}, STATUS_SECONDS)
        if not self._gone(name, STOP_SECONDS):
            _kill(info)
            if not self._gone(name, STATUS_SECONDS):
                raise UnavailableError(f"the front of {name}, process {info.pid}, does not end")

    def log(self, name: str, deployment: str, *, lines: int = 100) -> str:
        """The end of what the replicas of a deployment have written; of several, each with its number before it."""
        if not re.fullmatch(r"[\w-]+", deployment):
            raise NotFoundError(f"there is no deployment {deployment!r}")
        folder = self._home.endpoint(name) / LOGS
        paths = sorted(folder.glob(f"{deployment.lower()}.*.log"))
        texts = {path.name.split(".")[1]: _lines(path, lines) for path in paths}
        if len(texts) < 2:  # noqa: PLR2004 - one replica needs no number
            return "\n".join(line for text in texts.values() for line in text)
        return "\n".join(f"[{number}] {line}" for number, text in texts.items() for line in text)

    def _found(self, name: str) -> FrontInfo | None:
        return read_info(self._home, name) if is_held(self._home, name) else None

    def _asked(self, info: FrontInfo, what: str, seconds: float) -> Status | None:
        """None when it is gone, or does not answer. Raises UnavailableError when it cannot do it."""
        try:
            said = ask(info.control, {"do": what}, max(0.1, seconds))
        except OSError:
            return None
        told: dict[str, Any] = msgspec.json.decode(said)
        if "error" in told:
            raise UnavailableError(told["error"], hint=told["hint"])
        return msgspec.convert(told, Status)

    def _started(self, name: str, deadline: float, *more: str) -> Status:
        process = self._spawned(name, *more)
        # It lives on, and when it ends somebody must have waited for it, lest it stay as a zombie as long as we live.
        threading.Thread(target=process.wait, daemon=True).start()
        while time.monotonic() < deadline:
            info = self._found(name)
            if info is not None and (info.guard == process.pid or process.poll() is not None):
                status = self._asked(info, "apply", deadline - time.monotonic())
                if status is not None:
                    return status
            if process.poll() is not None and not is_held(self._home, name):
                raise UnavailableError(f"the front of {name} ended: {self._tail(name)}", hint=self._hint(name))
            time.sleep(LOOK_SECONDS)
        raise self._silent(name, 0)

    def _spawned(self, name: str, *more: str) -> subprocess.Popen[bytes]:
        log = front_log(self._home, name)
        try:
            log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with suppress(FileNotFoundError):
                if log.stat().st_size > MOST_LOG_BYTES:
                    log.replace(older(log))
            with log.open("ab") as output:
                return subprocess.Popen(
                    [*GUARDED, sys.executable, "-m", MODULE, str(self._home.root), name, *more],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    cwd=self._home.root,
                    env=bare(os.environ),
                    start_new_session=True,
                )
        except OSError as error:
            raise UnavailableError(
                f"cannot start the front of {name}: {error.strerror}", hint="check the home's owner and free disk space"
            ) from error

    def _gone(self, name: str, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while is_held(self._home, name):
            if time.monotonic() > deadline:
                return False
            time.sleep(LOOK_SECONDS)
        return True

    def _silent(self, name: str, seconds: float) -> UnavailableError:
        return UnavailableError(
            f"the front of {name} does not answer after {seconds:.0f} s: {self._tail(name)}", hint=self._hint(name)
        )

    def _tail(self, name: str) -> str:
        return tail(front_log(self._home, name), SOME_LINES)

    def _hint(self, name: str) -> str:
        return f"its log: {front_log(self._home, name)}"


def _kill(info: FrontInfo) -> None:
    """Kill a front that does not end; its guard first, if that still is its parent, lest it start another one."""
    import psutil  # noqa: PLC0415 - few fronts have to be killed

    with suppress(psutil.NoSuchProcess):
        front = psutil.Process(info.pid)
        if front.ppid() == info.guard:
            psutil.Process(info.guard).kill()
        front.kill()


def _lines(path: Any, lines: int) -> list[str]:
    """The last lines of a log, out of the one before it, too, when it has just been turned over."""
    found = tail(path, lines, lines * BYTES_A_LINE).splitlines()
    if len(found) < lines:
        found = [*tail(older(path), lines - len(found), lines * BYTES_A_LINE).splitlines(), *found]
    return found
