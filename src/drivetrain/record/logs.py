"""Reading logs: any line of a log of any size in milliseconds, also while it grows; times; marks for views.

A log is bytes as the runner wrote them (`logs/NNN.log`), with `NNN.times` beside it; both only ever grow.
"""

from __future__ import annotations

import bisect
import codecs
import struct
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

BLOCK = 256 << 10
"""The index holds the number of lines before every so many bytes."""
LONGEST_LINE = 64 << 10
"""Of a longer line, only so many bytes are given, and how many there are."""
_RECORD = struct.Struct("<QQ")
_MARKS = ("group", "endgroup", "section", "command", "warning", "error", "debug")


class Line(Struct, frozen=True):
    """One line as shown: its number from 1, its text, and what it is marked as (`error`, `group`, ...; or empty)."""

    number: int
    text: str
    mark: str = ""


class Chunk(Struct, frozen=True):
    """What a follower gets: whole lines, or a line's beginning when it is long; and where to go on."""

    text: str
    offset: int


class LogFile:
    """A log for reading. Keep the object while the log is looked at: what it knows of the lines is kept with it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lines_before = [0]
        """Line breaks before each whole block, and after the last one."""
        self._tail = (0, 0)
        """How far the block that is not whole has been counted: bytes, line breaks."""

    @property
    def size(self) -> int:
        """Bytes; 0 while there is no file."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def count(self) -> int:
        """The number of lines; a last one without its line break counts."""
        size = self._index()
        ended = self._lines_before[-1] + self._tail[1]
        return ended + (1 if size and self.read(size - 1, 1) != b"\n" else 0)

    def lines(self, start: int, count: int) -> list[Line]:
        """`count` lines from number `start` (from 1) on; fewer at the end."""
        start = max(1, start)
        return [marked(number, raw) for number, (_, raw) in enumerate(self.located(start, count), start)]

    def located(self, start: int, count: int) -> list[tuple[int, bytes]]:
        """The same lines, raw, each with the offset of its first byte (for `times`)."""
        start = max(1, start)
        self._index()
        block = bisect.bisect_left(self._lines_before, start - 1) if start > 1 else 0
        block = max(0, block - 1) if start > 1 else 0
        skip = start - 1 - self._lines_before[block]
        return list(self._raw_lines(block * BLOCK, skip, count))

    def _raw_lines(self, offset: int, skip: int, count: int) -> Iterator[tuple[int, bytes]]:
        """Lines from `offset`, which begins a line or is within one, without the first `skip`; long ones cut."""
        if count <= 0:
            return
        try:
            file = self.path.open("rb")
        except FileNotFoundError:
            return
        with file:
            file.seek(offset)
            while skip > 0:
                part = file.readline(BLOCK)
                if not part:
                    return
                skip -= part.endswith(b"\n")
            at = file.tell()
            while count > 0 and (line := file.readline(LONGEST_LINE)):
                count -= 1
                more = 0
                while not line.endswith(b"\n") and (part := file.readline(BLOCK)):
                    more += len(part)
                    if part.endswith(b"\n"):
                        break
                yield at, line.rstrip(b"\r\n") + (f" ... ({more} more bytes)".encode() if more else b"")
                at += len(line) + more

    def follow(self, offset: int, limit: int = 1 << 20) -> Chunk:
        """What was written from `offset` on, at most `limit` bytes, in whole lines where there are any."""
        data = self.read(offset, limit)
        end = data.rfind(b"\n") + 1
        if not end:
            end = len(data) if len(data) >= limit else _whole_signs(data)
        return Chunk(text(data[:end]), offset + end)

    def read(self, offset: int, limit: int) -> bytes:
        """Raw bytes."""
        try:
            with self.path.open("rb") as file:
                file.seek(offset)
                return file.read(limit)
        except FileNotFoundError:
            return b""

    def times(self) -> LogTimes:
        """When what was written."""
        return LogTimes(self.path.with_suffix(".times"))

    def _index(self) -> int:
        """Count the lines that came since the last call; the size that was looked at."""
        size = self.size
        whole = len(self._lines_before) - 1
        at = whole * BLOCK + self._tail[0]
        if size <= at:
            return size
        with self.path.open("rb") as file:
            file.seek(at)
            while at < size and (data := file.read(min(size - at, BLOCK - self._tail[0]))):
                at += len(data)
                self._tail = (self._tail[0] + len(data), self._tail[1] + data.count(b"\n"))
                if self._tail[0] == BLOCK:
                    self._lines_before.append(self._lines_before[-1] + self._tail[1])
                    self._tail = (0, 0)
        return size


class LogTimes:
    """The times beside a log."""

    def __init__(self, path: Path) -> None:
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            data = b""
        whole = len(data) // _RECORD.size * _RECORD.size
        self._records: Sequence[tuple[int, int]] = list(_RECORD.iter_unpack(data[:whole]))

    def at(self, offset: int) -> int | None:
        """Milliseconds since 1970 at which the byte at `offset` was written, to some 50 ms."""
        place = bisect.bisect_right(self._records, (offset, 1 << 63)) - 1
        return self._records[place][1] if place >= 0 else None


def text(raw: bytes) -> str:
    """Bytes of a log as text: UTF-8, what is not is shown as U+FFFD."""
    return raw.decode("utf-8", "replace")


def marked(number: int, raw: bytes) -> Line:
    """A line with its mark taken off: `##[error]no` is `no` with the mark `error`; `[command]` is one too.

    https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands#formatting-commands
    """
    line = text(raw)
    hashes = line.startswith("##[")
    if hashes or line.startswith("[command]"):
        name, bracket, rest = line[3 if hashes else 1 :].partition("]")
        if bracket and name.lower() in _MARKS:
            return Line(number, rest, name.lower())
    return Line(number, line)


def _whole_signs(data: bytes) -> int:
    """The length of `data` without the beginning of a UTF-8 character at its end."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    decoder.decode(data)
    return len(data) - len(decoder.getstate()[0])
