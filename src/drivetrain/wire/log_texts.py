"""The runner's log files as views read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.record.logs import LogFile, text
from drivetrain.view.ports import LogLine

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class LogTextFile:
    """The LogText port on a LogFile."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = LogFile(path)

    @property
    def path(self) -> Path:
        """The file with the raw bytes."""
        return self._path

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self._file.size

    def line_count(self) -> int:
        """Lines so far."""
        return self._file.count()

    def lines(self, start: int, count: int) -> Sequence[LogLine]:
        """At most `count` lines from line `start`, counted from 1."""
        times = self._file.times()
        return [LogLine(text(raw), times.at(offset)) for offset, raw in self._file.located(start, count)]
