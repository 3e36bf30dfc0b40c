"""The append-only journal of acknowledged hot writes, and how far MLflow has them.

A folder of numbered segments. `NNNNNNNNNN.journal` holds one write a line, each put there by one write();
`NNNNNNNNNN.applied` beside it says up to which byte MLflow's own store has it. The process that appends to a
segment locks it for as long as it lives, so segments without a lock are what a killed process left behind.

Prevents: losing what was acknowledged (it is in the file before the answer goes out; a killed process does not
take the file with it), and doubling (what is applied twice because the mark came too late is the same row
in MLflow: metrics by their primary key, parameters and tags by their value). What a power cut can take is what
was acknowledged in the last moments and had not reached MLflow's database.
"""

from __future__ import annotations

import fcntl
import os
from collections import deque
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_DIGITS = 20


class Entry(Struct, frozen=True):
    """One acknowledged write that MLflow may not have yet."""

    segment: Segment
    end: int
    """The offset behind its line."""
    line: bytes


class Segment:
    """One file of the journal, locked by this process."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.open = True
        """Whether more may be appended."""
        self._descriptor = descriptor
        self._mark = os.open(path.with_suffix(".applied"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self.end = os.fstat(descriptor).st_size
        if not self.end:  # a mark left by a removed segment of the same number must not count
            os.ftruncate(self._mark, 0)
        self.applied = self._read_mark()
        self._torn = 0
        """Bytes of an unfinished last line; it was never acknowledged."""

    @property
    def finished(self) -> bool:
        """Nothing will come, and MLflow has all."""
        return not self.open and self.applied + self._torn >= self.end

    def append(self, line: bytes) -> Entry:
        """Put one line at the end, whole or not at all."""
        try:
            written = os.write(self._descriptor, line)
        except OSError as error:
            raise _full(self.path, error.strerror or str(error)) from error
        if written != len(line):
            os.ftruncate(self._descriptor, self.end)
            raise _full(self.path, "only a part could be written")
        self.end += written
        return Entry(self, self.end, line)

    def pending(self) -> Iterator[Entry]:
        """The whole lines that are not marked as applied; a torn last one was never acknowledged."""
        data = os.pread(self._descriptor, self.end - self.applied, self.applied)
        offset = self.applied
        for line in data.splitlines(keepends=True):
            offset += len(line)
            if line.endswith(b"\n"):
                yield Entry(self, offset, line)
            else:
                self._torn = len(line)

    def mark(self, end: int) -> None:
        """MLflow has everything before this offset."""
        os.pwrite(self._mark, b"%0*d\n" % (_DIGITS, end), 0)
        self.applied = end

    def remove(self) -> None:
        """Delete the files: nothing in them is wanted any more."""
        self.path.unlink(missing_ok=True)
        self.path.with_suffix(".applied").unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Let go of the files and the lock."""
        os.close(self._descriptor)
        os.close(self._mark)

    def _read_mark(self) -> int:
        text = os.pread(self._mark, _DIGITS, 0)
        return min(int(text), self.end) if len(text) == _DIGITS and text.isdigit() else 0


class Journal:
    """The journal of one process, and what earlier processes left in the same folder."""

    def __init__(self, folder: Path, *, segment_size: int = 8_000_000) -> None:
        self._folder = folder
        self._segment_size = segment_size
        self._segments: deque[Segment] = deque()
        self._current: Segment | None = None

    def recover(self) -> list[Entry]:
        """Take over what killed processes left; returns what MLflow may not have, in order."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        entries: list[Entry] = []
        for path in sorted(self._folder.glob("*.journal")):
            segment = _lock(path, os.O_RDWR)
            if segment is None:
                continue
            segment.open = False
            left = list(segment.pending())
            if left:
                self._segments.append(segment)
                entries.extend(left)
            else:
                segment.remove()
        return entries

    def append(self, line: bytes) -> Entry:
        """Put one line into the journal, by one write().

        Raises:
            UnavailableError: the disk did not take it; nothing is left of it.
        """
        if self._current is None or self._current.end >= self._segment_size:
            self._turn_page()
        if self._current is None:  # pragma: no cover - _turn_page raises instead
            raise _full(self._folder, "no segment")
        return self._current.append(line)

    def mark(self, entries: list[Entry]) -> None:
        """MLflow has these entries, the oldest ones of the journal, in order."""
        furthest = {entry.segment: entry.end for entry in entries}
        for segment, end in furthest.items():
            segment.mark(end)
        self._drop_finished()

    def close(self) -> None:
        """Let go of everything; segments that are wholly applied go away."""
        if self._current is not None:
            self._current.open = False
            self._current = None
        self._drop_finished()
        for segment in self._segments:
            segment.close()
        self._segments.clear()

    def _drop_finished(self) -> None:
        while self._segments and self._segments[0].finished:
            self._segments.popleft().remove()

    def _turn_page(self) -> None:
        fresh = self._new_segment()
        if self._current is not None:
            self._current.open = False
        self._current = fresh
        self._segments.append(fresh)
        self._drop_finished()

    def _new_segment(self) -> Segment:
        number = max((int(path.stem) for path in self._folder.glob("*.journal")), default=0)
        while True:
            number += 1
            try:
                segment = _lock(self._folder / f"{number:010}.journal", os.O_RDWR | os.O_CREAT | os.O_EXCL)
            except FileExistsError:
                continue
            except OSError as error:
                raise _full(self._folder, error.strerror or str(error)) from error
            if segment is not None:
                return segment


def _lock(path: Path, flags: int) -> Segment | None:
    """Open and lock a segment; None when another process has it, or has just removed it."""
    try:
        descriptor = os.open(path, flags | os.O_APPEND | os.O_CLOEXEC, 0o600)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if path.stat().st_ino == os.fstat(descriptor).st_ino:
            return Segment(path, descriptor)
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(descriptor)
    return None


def _full(path: Path, reason: str) -> UnavailableError:
    return UnavailableError(
        f"cannot write the tracking journal {path}: {reason}",
        hint="free some space on this disk; nothing that was acknowledged is lost",
    )
