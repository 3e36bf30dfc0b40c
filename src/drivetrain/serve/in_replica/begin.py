"""`python -I -S begin.py LIMITS PARENT WORD...`: put limits on this process, then become the replica's own program.

A program between the front and the replica, because the front, which answers requests, must not run Python code in a
process that it has just forked. It runs in our interpreter, with nothing but the standard library.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import signal
import sys

_SET_PARENT_DEATH_SIGNAL = 1
_SET_NO_NEW_PRIVILEGES = 38
_FIRST_TO_DIE = "1000"
"""https://www.kernel.org/doc/html/latest/filesystems/proc.html#proc-pid-oom-adj-proc-pid-oom-score-adj"""


def main(words: list[str]) -> None:
    """Never returns. Raises OSError when the program cannot be started."""
    limits = json.loads(words[0])
    os.umask(0o077)
    if sys.platform == "linux":
        _linux(int(words[1]), limits["groups"])
    _limit(resource.RLIMIT_CORE, 0)
    if limits["open_files"]:
        _limit(resource.RLIMIT_NOFILE, limits["open_files"])
    if limits["memory_mb"]:
        _limit(resource.RLIMIT_DATA, limits["memory_mb"] << 20)
    if limits["threads"]:
        _limit(resource.RLIMIT_NPROC, limits["threads"])
    os.execvp(words[2], words[2:])  # noqa: S606 - its words are the launch's, one by one


def _limit(which: int, value: int) -> None:
    """Both limits; never above what this process may have."""
    most = resource.getrlimit(which)[1]
    value = value if most == resource.RLIM_INFINITY else min(value, most)
    resource.setrlimit(which, (value, value))


def _linux(parent: int, groups: list[str]) -> None:
    prctl = ctypes.CDLL(None).prctl
    prctl(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    prctl(_SET_PARENT_DEATH_SIGNAL, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the front ended before its replica began")
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write(_FIRST_TO_DIE)
    for group in groups:
        with contextlib.suppress(OSError), open(os.path.join(group, "cgroup.procs"), "w") as file:
            file.write(str(os.getpid()))


if __name__ == "__main__":
    main(sys.argv[1:])
