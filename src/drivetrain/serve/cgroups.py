"""Control groups of Linux for replicas, where we may make them: how many processes one has, and how much memory.

Where we may not (no root and nothing delegated to us), `serve/processes.py` counts instead.
https://docs.kernel.org/admin-guide/cgroup-v2.html
"""

from __future__ import annotations

import contextlib
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


def make(name: str, limits: Limits) -> tuple[Path, ...]:
    """Groups for one replica; none where none can be made."""
    if not limits.processes:
        return ()
    if (_ROOT / "cgroup.controllers").exists():
        return _second(name, limits)
    return _made(_ROOT / "pids" / "drivetrain" / name, {"pids.max": str(limits.processes)})


def _second(name: str, limits: Limits) -> tuple[Path, ...]:
    """Of version 2: below our own group, when its controllers can be handed on."""
    try:
        own = _ROOT / Path("/proc/self/cgroup").read_text("ascii").strip().rpartition("::/")[2]
        (own / "cgroup.subtree_control").write_text("+pids +memory")
    except OSError:
        return ()
    values = {"pids.max": str(limits.processes)}
    if limits.memory_mb:
        values |= {"memory.max": str(limits.memory_mb << 20), "memory.swap.max": "0"}
    return _made(own / f"drivetrain-{name}", values)


def _made(folder: Path, values: dict[str, str]) -> tuple[Path, ...]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, value in values.items():
            (folder / name).write_text(value)
    except OSError:
        with contextlib.suppress(OSError):
            folder.rmdir()
        return ()
    return (folder,)


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
