"""Runners as processes of this machine, detached: they outlive whoever started them.

Two ways to start one behind one seam: `spawn` starts a new interpreter and is safe in a server with threads; `fork`
copies this process, costs a few milliseconds, and is for a command with a single thread.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib
import os
import select
import shutil
import signal
import time
from typing import TYPE_CHECKING, Protocol

from drivetrain.errors import CorruptError, UnavailableError
from drivetrain.run.containers.wanted import NOTE
from drivetrain.run.journal import FILE_NAME, read_journal
from drivetrain.run.runner.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from drivetrain.run.model import JobSecrets

LOCK_FILE = "lock"
CANCEL_FILE = "cancel"
MARKER = "DRIVETRAIN_JOB_DIR"
"""The environment variable that names the job's folder in every process of the job."""
REAP_SECONDS = 10.0


class Launch(Protocol):
    """Starts a runner for a folder; gives its process id, a child of this process."""

    def __call__(self, job_dir: Path, secrets: JobSecrets) -> int:
        """Start it. Raises OSError."""
        ...


class LocalExecutor:
    """The Executor port on this machine. One thread at a time may call it."""

    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        self._children: dict[int, int | None] = {}
        """Process id -> a descriptor that becomes readable when it ends, where the system has one."""
        self._of: dict[Path, list[int]] = {}
        self._told: set[int] = set()

    def start(self, job_dir: Path, secrets: JobSecrets) -> None:
        """Start a runner for the `job.json` in `job_dir`. Raises OSError."""
        pid = self._launch(job_dir, secrets)
        self._children[pid] = _watch(pid)
        self._of.setdefault(job_dir, []).append(pid)

    def alive(self, job_dir: Path) -> bool:
        """Whether a runner holds the folder's lock."""
        try:
            lock = os.open(job_dir / LOCK_FILE, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(lock)
        return False

    def cancel(self, job_dir: Path, reason: str) -> None:
        """Leave word, and knock."""
        job_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        new = job_dir / f"{CANCEL_FILE}.new"
        new.write_text(reason, "utf-8")
        new.replace(job_dir / CANCEL_FILE)
        self._signal(job_dir, signal.SIGTERM)

    def reap(self, job_dir: Path) -> None:
        """End the runner and every process that carries its folder. Raises UnavailableError when one will not end."""
        deadline = time.monotonic() + REAP_SECONDS
        self._signal(job_dir, signal.SIGKILL)
        while pids := list(_marked(job_dir)):
            for pid in pids:
                _kill(pid, signal.SIGKILL)
            self._wait_for_children(job_dir)
            if time.monotonic() > deadline:
                raise UnavailableError(f"processes of {job_dir} do not end: {pids}", hint="end them by hand")
            time.sleep(0.01)
        if (job_dir / NOTE).exists():  # other jobs load nothing for it
            importlib.import_module("drivetrain.run.containers.leftovers").remove_of_job(job_dir)
        shutil.rmtree(Layout(job_dir).temp, ignore_errors=True)  # scripts with secrets in them

    def release(self, job_dir: Path) -> None:
        """Forget the job; its runner is waited for as soon as it has ended."""
        for pid in self._of.pop(job_dir, ()):
            self._forget_ending(pid)
        self._collect()

    def endings(self) -> Collection[int]:
        """Descriptors that become readable when a runner that was started here ends.

        One that has ended is given once more, so that nobody misses it, and then no more, so that nobody spins.
        """
        for pid in [pid for pid, descriptor in self._children.items() if descriptor is not None and _gone(descriptor)]:
            if pid in self._told:
                self._forget_ending(pid)
            self._told.add(pid)
        self._collect()
        return [descriptor for descriptor in self._children.values() if descriptor is not None]

    def _forget_ending(self, pid: int) -> None:
        descriptor = self._children.get(pid)
        if descriptor is not None:
            os.close(descriptor)
            self._children[pid] = None

    def _collect(self) -> None:
        """Wait for children that are released and have ended, so that no zombie stays."""
        for pid, descriptor in list(self._children.items()):
            if descriptor is None and _ended(pid):
                del self._children[pid]
                self._told.discard(pid)

    def _wait_for_children(self, job_dir: Path) -> None:
        for pid in self._of.get(job_dir, ()):
            _ended(pid)

    def _signal(self, job_dir: Path, number: signal.Signals) -> None:
        """Signal the runner, if one holds the lock: only then its process id is surely its own."""
        pid = _runner(job_dir)
        if pid is not None and self.alive(job_dir):
            _kill(pid, number)


def _runner(job_dir: Path) -> int | None:
    """The process id that the journal begins with."""
    with contextlib.suppress(CorruptError):
        for entry in read_journal(job_dir / FILE_NAME)[0]:
            if entry.type == "job.started":
                pid = entry.data.get("pid")
                return pid if isinstance(pid, int) and pid > 1 else None
    return None


def _watch(pid: int) -> int | None:
    return os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None


def _gone(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


def _ended(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True


def _kill(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _marked(job_dir: Path) -> Iterator[int]:
    """Processes of this user that carry the folder in their environment; zombies are over already."""
    import psutil  # noqa: PLC0415 - only where a runner was lost

    wanted = str(job_dir)
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(MARKER) == wanted and process.status() != psutil.STATUS_ZOMBIE:
                yield process.pid
