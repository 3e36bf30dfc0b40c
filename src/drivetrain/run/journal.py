"""The journal of a job: `journal.jsonl`, written by its one runner, read by whoever drives the run.

Appended to with one write per line. A reader takes whole lines only, so that a line cut by a crash never counts.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from drivetrain.clock import timestamp
from drivetrain.errors import CorruptError, UnavailableError
from drivetrain.run.events import JournalEntry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILE_NAME = "journal.jsonl"
READ_BYTES = 4 << 20
"""The most that one call of `read_journal` takes in, unless a single line is longer."""

_decoder = msgspec.json.Decoder(JournalEntry)
_encoder = msgspec.json.Encoder()


class JournalWriter:
    """Numbers entries from 1 and appends each by one write. One writer per file, for good."""

    def __init__(self, path: Path) -> None:
        """Create the file. Raises FileExistsError when somebody has run this job before."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        self._path = path
        self._fd = os.open(path, flags, 0o600)
        self._size = 0
        self._n = 0

    def write(self, kind: str, data: dict[str, object]) -> None:
        """Append one entry. Raises UnavailableError when the disk is full; the file is whole then."""
        moment = timestamp(datetime.now(UTC))
        line = _encoder.encode(JournalEntry(self._n + 1, moment, kind, data)) + b"\n"
        self._append(line)
        self._n += 1
        self._size += len(line)

    def _append(self, line: bytes) -> None:
        try:
            written = os.write(self._fd, line)
        except OSError as error:
            raise _cannot_write(self._path, error.strerror) from error
        if written < len(line):
            os.ftruncate(self._fd, self._size)  # A torn line in the middle would spoil all that follow.
            raise _cannot_write(self._path, "No space left on device")

    def close(self) -> None:
        """Nothing more will be written."""
        os.close(self._fd)


def _cannot_write(path: Path, why: str | None) -> UnavailableError:
    return UnavailableError(f"cannot write {path}: {why}", hint="free some space on that disk, then run the job again")


def read_journal(path: Path, offset: int = 0) -> tuple[list[JournalEntry], int]:
    """The whole lines from `offset` on, and the offset after them. No file yet is an empty journal.

    Takes at most some 4 MB a call: call again until nothing comes. Raises CorruptError naming `file:offset`.
    """
    try:
        with path.open("rb") as file:
            file.seek(offset)
            data = _whole_lines(file.read)
    except FileNotFoundError:
        return [], offset
    entries = []
    for line in data.splitlines(keepends=True):
        entries.append(_decode(line, path, offset))
        offset += len(line)
    return entries, offset


def _whole_lines(read: Callable[[int], bytes]) -> bytes:
    data = read(READ_BYTES)
    while data and b"\n" not in data and (more := read(READ_BYTES)):
        data += more
    return data[: data.rfind(b"\n") + 1]


def _decode(line: bytes, path: Path, offset: int) -> JournalEntry:
    try:
        return _decoder.decode(line)
    except msgspec.MsgspecError as error:
        raise CorruptError(
            f"{path}:{offset}: this line is not a journal entry ({error})",
            hint="the file was changed by something else, or the disk is damaged; run the job again",
        ) from error
