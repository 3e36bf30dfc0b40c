"""What all replicas of a front share: where their sockets and logs are, who is to be ended should
the front be killed.
"""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING

from drivetrain.clock import timestamp
from drivetrain.serve.front.process import kill
from drivetrain.serve.front.replica_log import ReplicaLog

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.clock import Clock

PIDS_FILE = "replicas-{}.json"
REPLICAS = "replicas"
LOGS = "logs"
SAME_SECONDS = 1.0
"""A process that began at another time than was noted has only its number from ours."""


class Ground:
    """Of one front."""

    def __init__(self, folder: Path, sockets: Path, clock: Clock) -> None:
        """`folder` is the endpoint's; `sockets` one with a short path, the owner's alone."""
        self.folder = folder
        self._sockets = sockets
        self._clock = clock
        self._numbers = count(1)
        self._pids: dict[int, float] = {}

    def now(self) -> str:
        """The present moment as it is shown."""
        return timestamp(self._clock.now())

    def log(self, deployment: str, number: int) -> ReplicaLog:
        """Where a replica writes."""
        return ReplicaLog(log_path(self.folder, deployment, number))

    def replica_folder(self, deployment: str, number: int) -> Path:
        """Where a replica has its home and its temporary files: one that no other had, as its control group is named by
        it. Whoever asks for it removes it.
        """
        return self.folder / REPLICAS / f"{deployment.lower()}.{number}.{os.getpid()}-{next(self._numbers)}"

    def socket(self) -> Path:
        """A path for one process to listen at, never used before by this front."""
        return self._sockets / f"{os.getpid()}-{next(self._numbers)}"

    def forget_socket(self, path: str) -> None:
        """Nobody listens there any more."""
        if path:
            (self._sockets / path).unlink(missing_ok=True)

    def began(self, pid: int) -> None:
        """This replica runs."""
        self._pids[pid] = _birth(pid)
        self._note()

    def over(self, pid: int) -> None:
        """It has ended."""
        self._pids.pop(pid, None)
        self._note()

    def end_orphans(self) -> None:
        """End the replicas of a front that was killed; its lock must be ours."""
        for path in self.folder.glob(PIDS_FILE.format("*")):
            with suppress(OSError, ValueError, TypeError, AttributeError):
                for pid, birth in json.loads(path.read_bytes()).items():
                    if birth and abs(_birth(int(pid)) - birth) < SAME_SECONDS:
                        kill(int(pid))
            path.unlink(missing_ok=True)
        shutil.rmtree(self.folder / REPLICAS, ignore_errors=True)

    def _note(self) -> None:
        path = self.folder / PIDS_FILE.format(os.getpid())
        fresh = path.with_suffix(".new")
        with suppress(OSError):
            if self._pids:
                fresh.write_text(json.dumps(self._pids), "utf-8")
                fresh.replace(path)
            else:
                path.unlink(missing_ok=True)


def log_path(folder: Path, deployment: str, number: int) -> Path:
    """The log of one replica."""
    return folder / LOGS / f"{deployment.lower()}.{number}.log"


def _birth(pid: int) -> float:
    """When a process began; 0 when it is no more."""
    import psutil  # noqa: PLC0415 - as elsewhere: it is asked when something has begun or died

    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:
        return 0.0
