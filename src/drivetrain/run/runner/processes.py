"""The processes of a job: found by the marks in their environment and by descent, and ended.

A process that left its session and whose parents are gone is still found: the runner adopts orphans (where the
system can), and every program is started with marks that its children inherit.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

JOB_MARK = "DRIVETRAIN_JOB_DIR"
"""Environment variable of every process of a job: the job's folder."""
STEP_MARK = "DRIVETRAIN_STEP"
"""Environment variable of every process of a step: the job's folder and the step's number."""
SWEEP_SECONDS = 5.0
_PROC = Path("/proc")
_PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends. Only Linux can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def reap_orphans(spare: int = 0) -> None:
    """Let adopted children that have ended go, up to the child `spare`, whose status its owner wants."""
    try:
        while (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) and ended.si_pid != spare:
            os.waitpid(ended.si_pid, os.WNOHANG)
    except ChildProcessError:
        return


def has_children() -> bool:
    """Whether any child of this process lives; where orphans are not adopted, always true."""
    reap_orphans()
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return sys.platform != "linux"
    return True


def sweep(marks: Iterable[str], roots: Iterable[int]) -> list[int]:
    """End every process that has one of the `NAME=value` marks or descends from `roots`; those that were ended.

    Looks again until none is left, because a process may be started while others are ended.
    """
    wanted, tops, ended = [mark.encode() for mark in marks], set(roots), set[int]()
    until = time.monotonic() + SWEEP_SECONDS
    while (found := _members(wanted, tops)) and time.monotonic() < until:
        for pid in found:
            signal_process(pid, signal.SIGKILL)
        ended |= found
    reap_orphans()
    return sorted(ended)


def signal_process(pid: int, number: int) -> None:
    """Send a signal to a process that may be gone already."""
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def signal_group(pid: int, number: int) -> None:
    """Send a signal to the process group that `pid` leads, if there is one."""
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def _members(marks: list[bytes], roots: set[int]) -> set[int]:
    parents: dict[int, int] = {}
    found: set[int] = set()
    for pid, parent, environment in _living():
        parents[pid] = parent
        if any(mark in environment for mark in marks):
            found.add(pid)
    found |= {pid for pid in parents if _descends(pid, parents, roots)}
    return found - {os.getpid()}


def _descends(pid: int, parents: dict[int, int], roots: set[int]) -> bool:
    seen = set[int]()
    while pid in parents and pid not in seen:
        seen.add(pid)
        pid = parents[pid]
        if pid in roots:
            return True
    return False


def _living() -> Iterator[tuple[int, int, list[bytes]]]:
    """Every living process: its id, its parent's, its environment as `NAME=value` (empty when it may not be read)."""
    if not _PROC.is_dir():
        yield from _listed()
        return
    for name in [path.name for path in _PROC.iterdir()]:
        if name.isdigit():
            try:
                state, parent = (_PROC / name / "stat").read_bytes().rpartition(b")")[2].split()[:2]
            except (OSError, ValueError):
                continue
            if state not in (b"Z", b"X"):
                yield int(name), int(parent), _environment(name)


def _environment(name: str) -> list[bytes]:
    try:
        return (_PROC / name / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _listed() -> Iterator[tuple[int, int, list[bytes]]]:
    """The same where there is no /proc."""
    command = ["ps", "-axwwE", "-o", "pid=,ppid=,command="]
    for line in subprocess.run(command, capture_output=True, check=False).stdout.splitlines():
        pid, parent, *words = line.split()
        yield int(pid), int(parent), words
