"""What replicas write: through a pipe into a file that is turned over, so that a replica that writes for ever fills no
disk, and writes no faster than is good for its neighbours.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MOST_BYTES = 5 << 20
"""Of one file; one older is kept beside it."""
CHUNK = 64 << 10
MOST_A_SECOND = 2 << 20
TAIL_BYTES = 16 << 10


class ReplicaLog:
    """The log of one replica, over all its processes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)

    def open(self) -> LogPipe:
        """For one process."""
        return LogPipe(self)

    def write(self, data: bytes) -> None:
        """Append, and turn over when it has become long. A full disk loses it: the replica must not stand still."""
        with suppress(OSError):
            with open(self.path, "ab", opener=_private) as file:
                file.write(data)
                size = file.tell()
            if size > MOST_BYTES:
                self.path.replace(older(self.path))

    def tail(self, lines: int) -> str:
        """The last lines."""
        return tail(self.path, lines)


def older(path: Path) -> Path:
    """Where the log before this one is."""
    return path.with_name(f"{path.name}.1")


def tail(path: Path, lines: int, most: int = TAIL_BYTES) -> str:
    """The last lines of a log, at most so many bytes of it; empty when there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - most))
            return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-lines:])
    except OSError:
        return ""


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


class LogPipe:
    """Where one process writes to."""

    def __init__(self, log: ReplicaLog) -> None:
        self._log = log
        self._loop = asyncio.get_running_loop()
        self._read, self.descriptor = os.pipe()
        os.set_blocking(self._read, False)
        self._loop.add_reader(self._read, self._arrived)
        self._second, self._bytes = 0, 0
        self._later: asyncio.TimerHandle | None = None

    def handed_over(self) -> None:
        """The process has its end."""
        os.close(self.descriptor)

    def close(self) -> None:
        """Take what is there yet, and no more: children of the process may hold the other end for ever."""
        for _ in range(MOST_A_SECOND // CHUNK):
            if not self._take():
                break
        if self._later is not None:
            self._later.cancel()
        self._loop.remove_reader(self._read)
        os.close(self._read)

    def _arrived(self) -> None:
        taken = self._take()
        if not taken:
            self._loop.remove_reader(self._read)
            return
        second = int(self._loop.time())
        self._bytes = taken if second != self._second else self._bytes + taken
        self._second = second
        if self._bytes > MOST_A_SECOND:
            self._loop.remove_reader(self._read)
            self._later = self._loop.call_later(1.0, self._again)

    def _again(self) -> None:
        self._later = None
        self._loop.add_reader(self._read, self._arrived)

    def _take(self) -> int:
        try:
            data = os.read(self._read, CHUNK)
        except OSError:
            return 0
        if data:
            self._log.write(data)
        return len(data)
