"""Runs one program of a step: its output into the log as it comes, its whole tree ended when it has to stop."""

from __future__ import annotations

import errno
import fcntl
import os
import select
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from drivetrain.errors import UserError
from drivetrain.run.runner.processes import STEP_MARK, reap_orphans, signal_group, sweep
from drivetrain.run.runner.watch import Stop

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from drivetrain.run.runner.log import CommandSplitter, StepLog
    from drivetrain.run.runner.watch import Watch

PIPE_BYTES = 256 << 10
IDLE_SECONDS = 0.1
"""A line without an end is shown after so long without output."""
DRAIN_SECONDS = 0.1
DRAIN_LIMIT_SECONDS = 0.5
"""How long a background process may hold up the end of a step: while silent, and while it writes."""
STDERR_PARTS = 10
STDERR_PART_BYTES = 1000


class Grace(NamedTuple):
    """Seconds that a program is given after SIGINT, and then after SIGTERM, as the Azure agent does."""

    interrupt: float = 7.5
    terminate: float = 2.5


class Program(NamedTuple):
    """What to start."""

    args: Sequence[str]
    cwd: str
    env: Mapping[str, str]
    own_stderr: bool = False
    """Take standard error by a pipe of its own, to know whether there was any."""
    commands: bool = True
    """Carry out logging commands in its output; not for programs that show texts of strangers, such as git."""
    reach: Callable[[int], None] | None = None
    """Sends a signal to what it stands for, where its own process is only a client: of a container engine."""


class Exit(NamedTuple):
    """How it ended."""

    code: int
    """As a shell counts: 128 + the signal's number when a signal ended it."""
    stop: Stop | None = None
    """Why it was made to end."""
    stderr: tuple[bytes, ...] = ()
    """The beginning of what came on standard error, with `own_stderr`."""


def run_program(program: Program, log: StepLog, watch: Watch, grace: Grace) -> Exit:
    """Start it, log what it writes, wait until it ends or has to. Raises UserError when it cannot be started."""
    running = _Running(program, log, watch, grace)
    try:
        return running.finish()
    except BaseException:
        running.kill()
        raise


class _Running:
    def __init__(self, program: Program, log: StepLog, watch: Watch, grace: Grace) -> None:
        self._log = log
        self._watch = watch
        self._reach = program.reach
        self._mark = f"{STEP_MARK}={program.env.get(STEP_MARK, '')}"
        self._pipes: dict[int, CommandSplitter] = {}
        self._stderr_fd = -1
        self._stderr: list[bytes] = []
        self._poll = select.poll()
        self._child = self._start(program)
        self._pidfd = os.pidfd_open(self._child.pid) if hasattr(os, "pidfd_open") else -1
        for fd in (watch.wake_fd, self._pidfd, *watch.background):
            if fd >= 0:
                self._poll.register(fd, select.POLLIN)
        self._stages = [(signal.SIGINT, grace.interrupt), (signal.SIGTERM, grace.terminate), (signal.SIGKILL, 60.0)]
        self._next_stage = 0.0
        self._stop: Stop | None = None

    def _start(self, program: Program) -> subprocess.Popen[bytes]:
        out = self._pipe(self._log.output if program.commands else self._log.splitter(commands=False))
        error = self._pipe(self._log.splitter(commands=program.commands)) if program.own_stderr else subprocess.STDOUT
        self._stderr_fd = max(self._pipes) if program.own_stderr else -1
        try:
            return subprocess.Popen(
                list(program.args),
                cwd=program.cwd,
                env=program.env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=error,
                start_new_session=True,
            )
        except (OSError, ValueError) as problem:
            for fd in self._pipes:
                os.close(fd)
            raise _cannot_start(program, problem) from problem
        finally:
            os.close(out)
            if program.own_stderr:
                os.close(error)

    def _pipe(self, splitter: CommandSplitter) -> int:
        reader, writer = os.pipe2(os.O_CLOEXEC) if hasattr(os, "pipe2") else os.pipe()
        os.set_blocking(reader, False)
        if hasattr(fcntl, "F_SETPIPE_SZ"):
            _widen(reader)
        self._pipes[reader] = splitter
        self._poll.register(reader, select.POLLIN)
        return writer

    def finish(self) -> Exit:
        while self._child.poll() is None:
            self._wait()
            self._advance()
        self._drain()
        if self._stop is not None:
            self._sweep()
        if self._pidfd >= 0:
            os.close(self._pidfd)
        code = self._child.returncode
        return Exit(code if code >= 0 else 128 - code, self._stop, tuple(self._stderr))

    def kill(self) -> None:
        """Our own failure: leave nothing behind."""
        signal_group(self._child.pid, signal.SIGKILL)
        self._sweep()
        self._child.wait()
        for fd in (*self._pipes, self._pidfd):
            if fd >= 0:
                os.close(fd)
        self._pipes = {}

    def _sweep(self) -> None:
        if self._reach is not None:
            self._reach(signal.SIGKILL)
        sweep([self._mark], [self._child.pid])

    def _signal(self, number: int) -> None:
        if self._reach is not None:
            self._reach(number)
        if self._reach is None or number == signal.SIGKILL:  # a client told to end would no longer tell how it ended
            signal_group(self._child.pid, number)

    def _wait(self) -> None:
        seconds = self._watch.seconds() if self._pidfd >= 0 else min(self._watch.seconds(), 0.02)
        if any(splitter.waiting for splitter in self._pipes.values()):
            seconds = min(seconds, IDLE_SECONDS)
        if self._next_stage:
            seconds = min(seconds, max(0.0, self._next_stage - time.monotonic()))
        ready = self._poll.poll(int(seconds * 1000) + 1)
        for fd, _ in ready:
            self._serve(fd)
        if not ready:
            for splitter in self._pipes.values():
                splitter.idle()
            reap_orphans(self._child.pid)

    def _serve(self, fd: int) -> None:
        if fd in self._pipes:
            self._read(fd)
        elif fd == self._watch.wake_fd:
            self._watch.woken()
        elif fd in self._watch.background and not _discard(fd):
            self._poll.unregister(fd)
            self._watch.background.remove(fd)
            os.close(fd)

    def _read(self, fd: int) -> bool:
        """Whether something came."""
        try:
            data = os.read(fd, PIPE_BYTES)
        except BlockingIOError:
            return False
        if not data:
            self._close(fd)
            return False
        if fd == self._stderr_fd and len(self._stderr) < STDERR_PARTS:
            self._stderr.append(data[:STDERR_PART_BYTES])
        self._pipes[fd].feed(data)
        return True

    def _close(self, fd: int) -> None:
        self._poll.unregister(fd)
        os.close(fd)
        self._pipes.pop(fd).close()

    def _advance(self) -> None:
        """Ask for the end, more and more firmly."""
        stop = self._watch.stop()
        if stop is None:
            return
        if stop is Stop.ABANDONED and self._stop is not stop:
            self._stages = self._stages[-1:]
            self._next_stage = 0.0
        self._stop = stop
        now = time.monotonic()
        if now >= self._next_stage and self._stages:
            number, seconds = self._stages.pop(0)
            self._next_stage = now + seconds
            self._signal(number)

    def _drain(self) -> None:
        """Take what is still in the pipes; a background process may hold them open for longer than we wait."""
        until = time.monotonic() + DRAIN_LIMIT_SECONDS
        for fd in tuple(self._pipes):
            while fd in self._pipes and time.monotonic() < until:
                if not self._read(fd) and fd in self._pipes and not _readable(fd, DRAIN_SECONDS):
                    break
        for fd, splitter in self._pipes.items():
            splitter.close()
            self._watch.background.append(fd)
        if self._pipes:
            self._log.line("A background process still holds this step's output; what it writes from now on is lost.")
        self._pipes = {}


def _widen(fd: int) -> None:
    try:
        fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    except OSError:
        return  # Over the user's limit: the usual size works as well.


def _readable(fd: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(int(seconds * 1000)))


def _discard(fd: int) -> bool:
    """Whether the pipe is still open."""
    try:
        return bool(os.read(fd, PIPE_BYTES))
    except BlockingIOError:
        return True


def _cannot_start(program: Program, problem: OSError | ValueError) -> UserError:
    name = program.args[0]
    if not isinstance(problem, OSError):
        return UserError(f"cannot start {name}: a zero byte in its arguments or environment")
    if problem.errno == errno.E2BIG:
        largest = max(program.env.items(), key=lambda item: len(item[1]), default=("", ""))
        return UserError(
            f"cannot start {name}: its arguments and environment are too large",
            hint=f"the largest variable is {largest[0]} with {len(largest[1])} characters; put such data into a file",
        )
    if not Path(program.cwd).is_dir():
        return UserError(f"cannot start {name}: there is no folder {program.cwd}", hint="check `workingDirectory`")
    return UserError(f"cannot start {name}: {problem.strerror}", hint="check that it is installed and may be run")
