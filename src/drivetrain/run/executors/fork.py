"""A runner as a copy of this process: no interpreter to start. Only for a process with a single thread."""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
import traceback
from typing import TYPE_CHECKING

from drivetrain.run.executors.spawn import LOG_FILE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drivetrain.run.model import JobSecrets

MOST_DESCRIPTORS = 1 << 20


class Fork:
    """Starts `main(job_dir, secrets)` in a copy of this process."""

    def __init__(self, main: Callable[[Path, JobSecrets], None]) -> None:
        self._main = main

    def __call__(self, job_dir: Path, secrets: JobSecrets) -> int:
        """Start it in a session of its own. Raises OSError."""
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if not pid:
            self._become(job_dir, secrets)
        return pid

    def _become(self, job_dir: Path, secrets: JobSecrets) -> None:
        """The child's whole life; never returns, and runs no clean-up that is the parent's."""
        code = 1
        try:
            _detach(job_dir)
            self._main(job_dir, secrets)
            code = 0
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 1
        except BaseException:  # noqa: BLE001 - there is nobody above to tell
            traceback.print_exc()
        finally:
            os._exit(code)


def _detach(job_dir: Path) -> None:
    # What the parent holds must never be cleaned up here: its descriptors are closed below, their numbers used anew.
    gc.freeze()
    os.setsid()
    os.chdir(job_dir)
    nothing = os.open(os.devnull, os.O_RDONLY)
    log = os.open(job_dir / LOG_FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(nothing, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.closerange(3, MOST_DESCRIPTORS)
    # The parent's text streams may hold unwritten text; new ones stand in for them.
    sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False))
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), write_through=True)
    sys.stderr = io.TextIOWrapper(io.FileIO(2, "w", closefd=False), write_through=True)
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
