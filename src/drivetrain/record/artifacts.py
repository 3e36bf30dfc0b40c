"""Artifacts as folders: `artifacts/<run>/<name>/`, each there as a whole or not at all.

Names and files come from jobs and are hostile. What is published is plain files in plain folders: links are followed
while they stay within what is published, and refused where they leave it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.errors import NotFoundError, UnavailableError, UserError
from drivetrain.record.patterns import matcher

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LONGEST_NAME = 200
_BAD_SIGNS = frozenset('"/\\:<>|*?') | {chr(code) for code in (*range(32), 127)}
_STAGING = ".staging"
_COPY_BYTES = 1 << 20


def check_name(name: str) -> str:
    """The name, if an artifact may have it. Raises UserError.

    https://learn.microsoft.com/azure/devops/pipelines/artifacts/pipeline-artifacts
    """
    bad = sorted(set(name) & _BAD_SIGNS)
    if not name or name.startswith(".") or name != name.strip() or len(name.encode()) > LONGEST_NAME or bad:
        raise UserError(
            f"'{name[:LONGEST_NAME]}' is not a name for an artifact",
            hint=f'use 1 to {LONGEST_NAME} characters without " / \\ : < > | * ?, not beginning with a dot',
        )
    return name


class FolderArtifacts:
    """The ArtifactSink port for one run."""

    def __init__(self, root: Path) -> None:
        """`root` is the run's folder of artifacts; made when first needed."""
        self._root = root

    def publish(self, name: str, path: Path) -> tuple[int, int]:
        """Copy a file or folder in as artifact `name`, atomically; (files, bytes).

        Raises UserError on a bad name, a name that is taken, a missing path, or a link that leaves it.
        """
        target = self._root / check_name(name)
        if not path.exists():
            raise UserError(f"Path does not exist: {path}", hint="an earlier step has to make what is published")
        self._refuse_taken(target)
        staging = self._root / _STAGING
        staging.mkdir(parents=True, exist_ok=True, mode=0o700)
        import tempfile  # noqa: PLC0415 - brings random with it; only a job that publishes needs it

        copy = Path(tempfile.mkdtemp(dir=staging))
        try:
            counted = _copy(path.resolve(), copy)
            with self._lock():
                self._refuse_taken(target)
                copy.rename(target)
        except OSError as error:
            raise UnavailableError(
                f"cannot publish {path}: {error.strerror}: {error.filename}", hint="check rights and free disk space"
            ) from error
        finally:
            shutil.rmtree(copy, ignore_errors=True)
        return counted

    def _refuse_taken(self, target: Path) -> None:
        if target.exists():
            raise UserError(f"Artifact {target.name} already exists in this run", hint="publish under another name")

    @contextmanager
    def _lock(self) -> Iterator[None]:
        # A rename would replace an empty folder of that name.
        fd = os.open(self._root / _STAGING, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)

    def download(self, name: str, target: Path, patterns: Sequence[str] = ("**",)) -> int:
        """Copy out what matches; the number of files. Raises NotFoundError with the names there are."""
        there = self.names()
        if name not in there:
            raise NotFoundError(
                f"Artifact {name} was not found in this run",
                hint=f"there are: {', '.join(there)}" if there else "nothing has been published yet",
            )
        root, matches, count = self._root / name, matcher(patterns), 0
        target.mkdir(parents=True, exist_ok=True)
        for file in _files(root):
            relative = file.relative_to(root).as_posix()
            if matches(relative):
                _copy_out(file, target, relative)
                count += 1
        return count

    def names(self) -> Sequence[str]:
        """The artifacts of this run, by name."""
        try:
            return sorted(entry.name for entry in os.scandir(self._root) if entry.name[0] != "." and entry.is_dir())
        except FileNotFoundError:
            return []


def _files(folder: Path) -> Iterator[Path]:
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.is_dir(follow_symlinks=False):
            yield from _files(Path(entry.path))
        elif entry.is_file(follow_symlinks=False):
            yield Path(entry.path)


def _copy(source: Path, target: Path) -> tuple[int, int]:
    """A file into the folder `target`, or a folder as it."""
    if not source.is_dir():
        return 1, _copy_file(source, target / source.name)
    return _copy_folder(source, target, source, ())


def _copy_folder(source: Path, target: Path, root: Path, above: tuple[Path, ...]) -> tuple[int, int]:
    files = size = 0
    real = source.resolve()
    if real in above:
        raise UserError(f"the link {source} leads back to a folder above it", hint="remove the link")
    for entry in sorted(os.scandir(source), key=lambda entry: entry.name):
        path, copy = Path(entry.path), target / entry.name
        if entry.is_symlink():
            path = _within(path, root)
        if path.is_dir():
            copy.mkdir()
            more = _copy_folder(path, copy, root, (*above, real))
            files, size = files + more[0], size + more[1]
        else:
            files, size = files + 1, size + _copy_file(path, copy)
    return files, size


def _within(link: Path, root: Path) -> Path:
    try:
        path = link.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise UserError(f"the link {link} leads nowhere", hint="remove the link") from error
    if not path.is_relative_to(root):
        raise UserError(f"the link {link} leads out of what is published, to {path}", hint="publish a copy instead")
    return path


def _copy_file(source: Path, target: Path) -> int:
    """Copy one plain file, never through a link that was put in its place meanwhile; its size."""
    fd = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(fd, "rb") as reader:
        about = os.fstat(fd)
        if not stat.S_ISREG(about.st_mode):
            raise UserError(f"{source} is not a file or folder", hint="publish plain files only")
        with target.open("xb") as writer:
            shutil.copyfileobj(reader, writer, _COPY_BYTES)
            os.fchmod(writer.fileno(), 0o600 | (about.st_mode & 0o111))
            return writer.tell()


def _copy_out(source: Path, target: Path, relative: str) -> None:
    copy = target / relative
    if not copy.parent.resolve().is_relative_to(target.resolve()):
        raise UserError(f"{copy.parent} is a link that leads out of {target}", hint="remove the link")
    copy.parent.mkdir(parents=True, exist_ok=True)
    if copy.is_symlink() or copy.exists():
        copy.unlink()
    _copy_file(source, copy)
