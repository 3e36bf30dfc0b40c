"""Copying files into artifacts and out of them: plain files in plain folders, by the kernel where it can.

Links are followed while they stay within what is published, and refused where they leave it. A copy shares its blocks
with the original on file systems that can do so (btrfs, xfs); a hard link would not do, because jobs go on writing.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_COPY_BYTES = 1 << 20
_KERNEL_BYTES = 1 << 30
_NOT_HERE = frozenset({errno.EXDEV, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM, errno.EBADF})
"""What the kernel says when it cannot copy between these two files by itself."""
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


def files_below(folder: str) -> Iterator[str]:
    """Every plain file, by name, folder by folder; links are not looked at."""
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from files_below(entry.path)
        elif entry.is_file(follow_symlinks=False):
            yield entry.path


def measure(folder: Path) -> tuple[int, int]:
    """(files, bytes) below a folder."""
    files = size = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                more = measure(Path(entry.path))
                files, size = files + more[0], size + more[1]
            else:
                files, size = files + 1, size + entry.stat(follow_symlinks=False).st_size
    return files, size


def copy_in(source: Path, target: Path, ignored: Callable[[str], bool] | None = None) -> tuple[int, int]:
    """A file into the folder `target`, or a folder as it; (files, bytes).

    Args:
        source: what to copy.
        target: an empty folder.
        ignored: whether to leave a file out, given its path relative to `source`.

    Raises:
        UserError: a link that leaves `source`, or something that is no file and no folder.
        OSError: it cannot be read or written.
    """
    real = source.resolve()
    if not real.is_dir():
        return 1, copy_file(str(real), str(target / source.name))
    return _Copy(real, ignored).folder(str(real), str(target), "", (str(real),))


class _Copy:
    """One folder on its way into an artifact."""

    def __init__(self, root: Path, ignored: Callable[[str], bool] | None) -> None:
        self._root = root
        self._ignored = ignored

    def folder(self, source: str, target: str, prefix: str, above: tuple[str, ...]) -> tuple[int, int]:
        """`prefix` is the path so far, with a slash at its end; `above` are the real folders on the way."""
        files = size = 0
        with os.scandir(source) as entries:
            for entry in entries:
                more = self._entry(entry, f"{target}/{entry.name}", f"{prefix}{entry.name}", above)
                files, size = files + more[0], size + more[1]
        return files, size

    def _entry(self, entry: os.DirEntry[str], copy: str, name: str, above: tuple[str, ...]) -> tuple[int, int]:
        path = entry.path
        if entry.is_symlink():
            path = self._within(path)
            if path in above:
                raise UserError(f"the link {entry.path} leads back to a folder above it", hint="remove the link")
        if entry.is_dir():
            os.mkdir(copy)  # noqa: PTH102 - made ten thousand times; a Path costs more than the folder
            counted = self.folder(path, copy, f"{name}/", (*above, path))
            if self._ignored is not None and not counted[0] and self._ignored(name):
                os.rmdir(copy)  # noqa: PTH106
            return counted
        if self._ignored is not None and self._ignored(name):
            return 0, 0
        return 1, copy_file(path, copy)

    def _within(self, link: str) -> str:
        try:
            path = Path(link).resolve(strict=True)
        except (OSError, RuntimeError) as error:
            raise UserError(f"the link {link} leads nowhere", hint="remove the link") from error
        if not path.is_relative_to(self._root):
            raise UserError(f"the link {link} leads out of what is published, to {path}", hint="publish a copy instead")
        return str(path)


def copy_file(source: str, target: str) -> int:
    """Copy one plain file to a new one, never through a link that was put in its place meanwhile; its size.

    Raises UserError when it is no plain file, OSError.
    """
    reader = os.open(source, _READ)
    try:
        about = os.fstat(reader)
        if not stat.S_ISREG(about.st_mode):
            raise UserError(f"{source} is not a file or folder", hint="publish plain files only")
        writer = os.open(target, _WRITE, 0o600)
        try:
            if executable := about.st_mode & 0o111:
                os.fchmod(writer, 0o600 | executable)
            return _copy_data(reader, writer)
        finally:
            os.close(writer)
    finally:
        os.close(reader)


def _copy_data(reader: int, writer: int) -> int:
    """All that is left to read; how many bytes that was."""
    done = 0
    try:
        while hasattr(os, "copy_file_range") and (count := os.copy_file_range(reader, writer, _KERNEL_BYTES)):
            done += count
    except OSError as error:
        if error.errno not in _NOT_HERE:
            raise
    # Some file systems say that there is nothing when there is: whatever is left is read.
    while data := os.read(reader, _COPY_BYTES):
        view = memoryview(data)
        while view:
            written = os.write(writer, view)
            view, done = view[written:], done + written
    return done


class Outlet:
    """Files of artifacts on their way to places below one folder, in place of what is there; never through a link that
    leads out of it.
    """

    def __init__(self, target: Path) -> None:
        """Makes the folder."""
        target.mkdir(parents=True, exist_ok=True)
        self._target = str(target)
        self._real = target.resolve()
        self._seen: set[str] = set()

    def put(self, source: str, relative: str) -> None:
        """Copy one file. Raises UserError when a link leads out, or a folder has the file's name; OSError."""
        copy = f"{self._target}/{relative}"
        self._prepare(copy.rpartition("/")[0])
        try:
            os.unlink(copy)  # noqa: PTH108 - ten thousand times
        except FileNotFoundError:
            pass
        except (IsADirectoryError, PermissionError) as error:
            if not os.path.isdir(copy):  # noqa: PTH112
                raise
            hint = "download elsewhere"
            raise UserError(f"{copy} is a folder, and the artifact has a file of that name", hint=hint) from error
        copy_file(source, copy)

    def _prepare(self, folder: str) -> None:
        """A folder of files, made and looked at once."""
        if folder in self._seen:
            return
        path = Path(folder)
        if not path.resolve().is_relative_to(self._real):
            raise UserError(f"{path} is a link that leads out of {self._target}", hint="remove the link")
        path.mkdir(parents=True, exist_ok=True)
        self._seen.add(folder)


def merge(staged: Path, target: Path) -> None:
    """Move every file of `staged` into `target`, in place of those that are there. Raises UserError before anything is
    moved when a file would take the place of a folder, or the other way round.
    """
    moves = [(Path(path), target / Path(path).relative_to(staged)) for path in files_below(str(staged))]
    for _, copy in moves:
        blocked = next((part for part in copy.relative_to(target).parents if (target / part).is_file()), None)
        if copy.is_dir() or blocked is not None:
            raise UserError(
                f"the artifact {target.name} has both a file and a folder {blocked or copy.relative_to(target)}",
                hint="publish under another name",
            )
    for path, copy in moves:
        copy.parent.mkdir(parents=True, exist_ok=True)
        path.replace(copy)


def remove_tree(folder: Path) -> bool:
    """Remove a folder with all that a job may have left in it, also folders without the right to write. Links are
    removed, never followed. Whether it is gone: what belongs to another user stays.
    """
    shutil.rmtree(folder, ignore_errors=True)
    if folder.is_dir():
        for path, folders, _ in os.walk(folder):
            for name in folders:
                _open_up(f"{path}/{name}")
        _open_up(str(folder))
        shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def _open_up(path: str) -> None:
    try:
        if not os.path.islink(path):  # noqa: PTH114 - as the walk names it
            os.chmod(path, 0o700)  # noqa: PTH101
    except OSError:
        return
