"""Files of reports in a job's folder: `reports/NNN-tests.jsonl` and the like, written by the runner, read by the engine
and by views. A job's steps can put anything in their place, so reading is careful and bounded, and never raises.
"""

from __future__ import annotations

import os
import re
import stat
from typing import IO, TYPE_CHECKING, Generic, TypeVar

import msgspec

from drivetrain.run.reports.model import CaseResult, FileCoverage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDER = "reports"
MOST_FILES = 100_000
MOST_BYTES = 512 << 20
"""Of one file that the engine takes in."""
MOST_LINES = 500_000
LONGEST_LINE = 1 << 20
_NAME = re.compile(r"reports/(\d{3,6}-(?:tests\.jsonl|coverage\.jsonl|outputs\.txt|report\.xml))", re.ASCII)
_Line = TypeVar("_Line")


def new_file(job_dir: Path, kind: str) -> tuple[IO[bytes], str]:
    """A new file of that kind, such as `tests.jsonl`, open for writing and reading; its path in the job's folder."""
    folder = job_dir / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    for number in range(len(os.listdir(folder)) + 1, MOST_FILES):  # noqa: PTH208 - only their number is wanted
        name = f"{number:03}-{kind}"
        try:
            fd = os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            continue
        return os.fdopen(fd, "w+b"), f"{FOLDER}/{name}"
    raise OSError(f"a job keeps at most {MOST_FILES} files of reports")


def open_kept(job_dir: Path, path: str) -> IO[bytes] | None:
    """A file that `new_file` made; None when it is gone, or something else is there now."""
    found = _NAME.fullmatch(path)
    if found is None:
        return None
    folder = fd = -1
    try:
        folder = os.open(job_dir / FOLDER, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        fd = os.open(found[1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        if stat.S_ISREG(os.fstat(fd).st_mode):
            file, fd = os.fdopen(fd, "rb"), -1
            return file
    except OSError:
        return None
    finally:
        for each in (folder, fd):
            if each >= 0:
                os.close(each)
    return None


class KeptLines(Generic[_Line]):
    """The records of a file, as far as they are whole and not too many."""

    def __init__(self, job_dir: Path, path: str, decoder: msgspec.json.Decoder[_Line]) -> None:
        self._job_dir = job_dir
        self._path = path
        self._decoder = decoder

    def __iter__(self) -> Iterator[_Line]:
        file = open_kept(self._job_dir, self._path)
        if file is None:
            return
        with file:
            yield from self._lines(file)

    def _lines(self, file: IO[bytes]) -> Iterator[_Line]:
        left = MOST_BYTES
        for _ in range(MOST_LINES):
            line = file.readline(LONGEST_LINE)
            left -= len(line)
            if not line.endswith(b"\n") or left < 0:
                return
            try:
                yield self._decoder.decode(line)
            except msgspec.MsgspecError:
                return


_case_decoder = msgspec.json.Decoder(CaseResult)
_file_decoder = msgspec.json.Decoder(FileCoverage)


def kept_cases(job_dir: Path, path: str) -> KeptLines[CaseResult]:
    """The tests of a file, read anew each time it is iterated over."""
    return KeptLines(job_dir, path, _case_decoder)


def kept_coverage(job_dir: Path, path: str) -> KeptLines[FileCoverage]:
    """The source files of a file of coverage, read anew each time it is iterated over."""
    return KeptLines(job_dir, path, _file_decoder)
