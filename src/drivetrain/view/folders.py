"""Logs and artifacts in the folders of one home."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from drivetrain.errors import NotFoundError
from drivetrain.view.ports import ArtifactFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from drivetrain.run.model import JobRef
    from drivetrain.view.ports import LogLine, LogText


READERS = 64
"""Readers that are kept: each knows where the lines of its log lie, which is found out once."""


class LogFolders:
    """Finds `logs/NNN.log` in the folder of an attempt at a job. `read` makes a reader for such a file."""

    def __init__(self, run_folder: Callable[[int], Path], read: Callable[[Path], LogText]) -> None:
        self._run_folder = run_folder
        self._read = read
        self._readers: OrderedDict[Path, LogText] = OrderedDict()
        self._lock = threading.Lock()

    def open(self, run_id: int, job: JobRef, attempt: int, step: int) -> LogText | None:
        """The log of a step; None when there is none."""
        path = self._run_folder(run_id) / job.folder(attempt) / "logs" / f"{step:03d}.log"
        with self._lock:
            if not path.is_file():
                self._readers.pop(path, None)
                return None
            reader = self._readers.get(path) or _OneAtATime(self._read(path))
            self._readers[path] = reader
            self._readers.move_to_end(path)
            if len(self._readers) > READERS:
                self._readers.popitem(last=False)
            return reader

    def attachment(self, run_id: int, job: JobRef, attempt: int, name: str) -> Path | None:
        """Where a file lies that a step has attached: only what the folder lists is ever joined to it."""
        folder = self._run_folder(run_id) / job.folder(attempt) / "attachments"
        if not folder.is_dir() or name not in os.listdir(folder):  # noqa: PTH208 - names are compared
            return None
        path = folder / name
        return path if path.is_file() and not path.is_symlink() else None


class _OneAtATime:
    """A log whose reader learns while it reads, shared by threads."""

    def __init__(self, log: LogText) -> None:
        self._log = log
        self._lock = threading.Lock()

    @property
    def path(self) -> Path:
        return self._log.path

    @property
    def size(self) -> int:
        return self._log.size

    def line_count(self) -> int:
        with self._lock:
            return self._log.line_count()

    def lines(self, start: int, count: int) -> Sequence[LogLine]:
        with self._lock:
            return self._log.lines(start, count)


class ArtifactFolders:
    """Published artifacts: one folder each. Links are not followed: they are not listed, so they do not exist."""

    def __init__(self, artifacts_folder: Callable[[int], Path]) -> None:
        self._artifacts_folder = artifacts_folder

    def files(self, run_id: int, name: str) -> Sequence[ArtifactFile]:
        """The files, by path. Raises NotFoundError."""
        root = self._root(run_id, name)
        return sorted(_files(root, ""), key=lambda file: file.path)

    def locate(self, run_id: int, name: str, path: str) -> Path:
        """Where one of `files` lies: only what the listing has is ever joined to a folder. Raises NotFoundError."""
        if any(file.path == path for file in self.files(run_id, name)):
            return self._root(run_id, name) / path
        raise NotFoundError(f"artifact {name!r} has no file {path!r}", hint="the run's page lists its files")

    def locations(self, run_id: int, name: str) -> Mapping[str, Path]:
        """Where each of `files` lies, by path. Raises NotFoundError."""
        root = self._root(run_id, name)
        return {file.path: root / file.path for file in self.files(run_id, name)}

    def _root(self, run_id: int, name: str) -> Path:
        folder = self._artifacts_folder(run_id)
        if folder.is_dir() and name in os.listdir(folder):  # noqa: PTH208 - names are compared, never made into paths
            root = folder / name
            if root.is_dir() and not root.is_symlink():
                return root
        raise NotFoundError(f"artifact {name!r} is not there any more", hint="run the pipeline again to make it")


def _files(folder: Path, prefix: str) -> Iterator[ArtifactFile]:
    with os.scandir(folder) as entries:
        for entry in entries:
            path = f"{prefix}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                yield from _files(folder / entry.name, f"{path}/")
            elif entry.is_file(follow_symlinks=False):
                yield ArtifactFile(path, entry.stat(follow_symlinks=False).st_size)
