"""Starts and ends the processes of replicas: each in a session of its own, with a bare environment and limits.

    front -> begin.py (limits, then exec) -> the replica's program -> whatever that starts

The replica dies with the front: the kernel kills it (PR_SET_PDEATHSIG), so it must be started by a thread that lives as
long as the front does.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from drivetrain.errors import UnavailableError
from drivetrain.serve import cgroups

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from drivetrain.serve.model import Launch, Limits

_BEGIN = Path(__file__).parent / "in_replica" / "begin.py"
_PATH = "/usr/local/bin:/usr/bin:/bin"
_PROC = Path("/proc")
_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / (1 << 20)
_TRIES = 100


class Replica(NamedTuple):
    """A process that was started, and the control groups that it is in."""

    process: subprocess.Popen[bytes]
    groups: tuple[Path, ...]

    @property
    def pid(self) -> int:
        """Of its first process; the number of its session too."""
        return self.process.pid


def start(
    launch: Launch, variables: Mapping[str, str], *, folder: Path, log: int | IO[bytes], socket: str = "", port: int = 0
) -> Replica:
    """Start one replica; it is not ready yet.

    Args:
        launch: how.
        variables: the deployment's own.
        folder: of this replica alone, made when it is not there: its home and its place for temporary files.
        log: what it prints goes there; best a pipe, since it may print for ever.
        socket: the path that stands for `{socket}`.
        port: the number that stands for `{port}`.

    Raises:
        UnavailableError: the machine has no room for another process.
    """
    for name in ("home", "tmp"):
        (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    groups = cgroups.make(launch.limits)
    words = [word.replace("{socket}", socket).replace("{port}", str(port)) for word in launch.command]
    begin = [sys.executable, "-I", "-S", str(_BEGIN), _limits(launch.limits, groups), str(os.getpid())]
    try:
        process = subprocess.Popen(
            [*begin, *words], cwd=launch.folder, env=environment(launch, variables, folder), stdin=subprocess.DEVNULL,
            stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        cgroups.kill(groups)
        raise UnavailableError(f"a replica cannot be started in {launch.folder}: {error.strerror}") from error
    return Replica(process, groups)


def environment(launch: Launch, variables: Mapping[str, str], folder: Path) -> dict[str, str]:
    """All that the replica finds in its environment: nothing of ours is handed on."""
    program = os.path.dirname(launch.command[0])  # noqa: PTH120 - a path of another machine's kind is no matter here
    return {
        "PATH": f"{program}:{_PATH}" if program else _PATH,
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "PYTHONNOUSERSITE": "1",
        **launch.variables,
        **variables,
    }


def _limits(limits: Limits, groups: Sequence[Path]) -> str:
    counted = limits.processes and not groups and os.geteuid() != 0
    return json.dumps({
        "memory_mb": limits.memory_mb,
        "open_files": limits.open_files,
        # The kernel counts all threads of the user for this one, not those of the replica alone.
        "threads": limits.processes + _threads_of_user() if counted else 0,
        "groups": [str(group) for group in groups],
    })  # fmt: skip


def _threads_of_user() -> int:
    count, user = 0, os.geteuid()
    for folder in _PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            count += sum(1 for _ in (folder / "task").iterdir()) if folder.stat().st_uid == user else 0
    return count


class Size(NamedTuple):
    """What a replica has of the machine now."""

    processes: int
    memory_mb: float


def size(pid: int) -> Size:
    """Of all processes of the session that the replica with this pid began."""
    pages = processes = 0
    for _, fields in _living(pid):
        processes += 1
        pages += int(fields[_RESIDENT])
    return Size(processes, pages * _PAGE_MB)


def outgrown(pid: int, limits: Limits) -> str:
    """Why the replica is to be killed: it has become larger than it may. Empty when it has not. A watcher asks this
    about once in a second, for machines on which no control group can be made.
    """
    now = size(pid)
    if limits.processes and now.processes > limits.processes:
        return f"it has {now.processes} processes; {limits.processes} are allowed"
    if limits.memory_mb and now.memory_mb > limits.memory_mb:
        return f"it uses {now.memory_mb:.0f} MB of memory; {limits.memory_mb} are allowed"
    return ""


def end(replica: Replica) -> int:
    """Kill it and all that it has started, at once; gives how it ended, as subprocess says it."""
    for _ in range(_TRIES):
        found = [pid for pid, _ in _living(replica.pid)]
        for number in (signal.SIGSTOP, signal.SIGKILL):  # a process that stands still forks no more
            for pid in found:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, number)
        if not found:
            break
        replica.process.poll()
    with contextlib.suppress(ProcessLookupError, PermissionError):
        replica.process.kill()
    cgroups.kill(replica.groups)
    return replica.process.wait()


_STATE, _SESSION, _RESIDENT = 0, 3, 21
"""Fields of /proc/PID/stat behind the name: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html"""


def _living(number: int) -> Iterator[tuple[int, list[str]]]:
    """The processes of a session that have not ended, with their fields."""
    wanted = str(number)
    for name in os.listdir(_PROC) if _PROC.exists() else ():  # noqa: PTH208 - every second, for every replica
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123 - the same
                    fields = file.read().decode("utf-8", "replace").rpartition(")")[2].split()
            except OSError:
                continue
            if fields[_SESSION] == wanted and fields[_STATE] != "Z":
                yield int(name), fields
