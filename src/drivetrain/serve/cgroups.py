"""Control groups of Linux for replicas, where we may make them: how many processes one has, and how much memory.

Where we may not (no root and nothing delegated to us), `serve/processes.py` counts instead.
https://docs.kernel.org/admin-guide/cgroup-v2.html
"""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.serve.model import Limits

_ROOT = Path("/sys/fs/cgroup")
_TRIES = 200
_PAUSE = 0.01


_PREFIX = "drivetrain-"
_numbers = itertools.count(1)


def make(limits: Limits) -> tuple[Path, ...]:
    """Groups for one replica; none where none can be made. What a process that was killed has left behind is ended."""
    if not limits.processes:
        return ()
    name = f"{_PREFIX}{os.getpid()}-{next(_numbers)}"
    values = {"pids.max": str(limits.processes)}
    if not (_ROOT / "cgroup.controllers").exists():
        _end_orphans(_ROOT / "pids")
        return _made(_ROOT / "pids" / name, values)
    own = _own_group()
    if own is None:
        return ()
    _end_orphans(own)
    if limits.memory_mb:
        values |= {"memory.max": str(limits.memory_mb << 20), "memory.swap.max": "0"}
    return _made(own / name, values)


def _own_group() -> Path | None:
    """Of version 2: where we are, when our controllers can be handed on to groups below."""
    try:
        own = _ROOT / Path("/proc/self/cgroup").read_text("ascii").strip().rpartition("::/")[2]
        (own / "cgroup.subtree_control").write_text("+pids +memory")
    except OSError:
        return None
    return own


def _made(folder: Path, values: dict[str, str]) -> tuple[Path, ...]:
    try:
        folder.mkdir()
        for name, value in values.items():
            (folder / name).write_text(value)
    except OSError:
        with contextlib.suppress(OSError):
            folder.rmdir()
        return ()
    return (folder,)


def _end_orphans(parent: Path) -> None:
    """The kernel ends a replica with its front, but not what the replica had started."""
    for group in parent.glob(f"{_PREFIX}*"):
        owner = group.name.removeprefix(_PREFIX).partition("-")[0]
        if not Path("/proc", owner).exists():
            kill([group])


def kill(groups: Sequence[Path]) -> None:
    """End every process in them, and remove them."""
    for group in groups:
        with contextlib.suppress(OSError):
            (group / "pids.max").write_text("0")  # what is being forked now is the last
        for _ in range(_TRIES):
            if not _kill_once(group):
                break
            time.sleep(_PAUSE)
        with contextlib.suppress(OSError):
            group.rmdir()


def _kill_once(group: Path) -> bool:
    """Whether there was anything left."""
    try:
        found = (group / "cgroup.procs").read_text("ascii").split()
    except OSError:
        return False
    for pid in found:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(int(pid), signal.SIGKILL)
    return bool(found)
