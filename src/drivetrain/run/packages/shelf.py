"""The tasks that a home has beyond our own: an index, and a folder for each, named by what is in it and never changed.

    tasks/index.json       what there is, in place all at once or not at all
    tasks/<digest>/        the files of one version of one task
    tasks/<digest>.lock    held (shared) by the jobs that use it, so that it is not taken from under them
    tasks/lock             held by whoever changes the shelf

Nothing of a task is run, or even loaded, here.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from drivetrain.errors import ConflictError, CorruptError, NotFoundError
from drivetrain.run.packages.model import INDEX_VERSION, Index

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from drivetrain.run.packages.model import TaskPackage

    Copy = Callable[[Path], str]

INDEX = "index.json"
_STAGE = ".new-"


class Shelf:
    """The task packages of one home; reading it costs one file."""

    def __init__(self, root: Path) -> None:
        """`root` is the home's folder `tasks`, which need not be there."""
        self.root = root

    def index(self) -> Index:
        """What there is. Raises CorruptError when its file was written by a newer version, or is not ours."""
        path = self.root / INDEX
        try:
            data = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return Index()
        try:
            found = msgspec.json.decode(data, type=Index)
        except msgspec.MsgspecError as error:
            raise CorruptError(f"{path} cannot be read: {error}", hint="remove it, and add the tasks again") from error
        if found.version > INDEX_VERSION:
            raise CorruptError(f"{path} was written by a newer Drivetrain", hint="use the newer version everywhere")
        return found

    def packages(self) -> tuple[TaskPackage, ...]:
        """Every version of every task, sorted by name and version."""
        return self.index().packages

    def folder(self, package: TaskPackage) -> Path:
        """Where its files are."""
        return self.root / package.digest

    def hold(self, package: TaskPackage) -> int:
        """Keep its folder for as long as the descriptor that comes back is open, and no longer than this process
        lives. Raises NotFoundError when the task has been removed.
        """
        path = self.root / f"{package.digest}.lock"
        while True:
            try:
                held = os.open(path, os.O_RDWR | os.O_CLOEXEC)
            except FileNotFoundError:
                raise _removed(package) from None
            fcntl.flock(held, fcntl.LOCK_SH)
            same = _is(held, path)
            if same and self.folder(package).is_dir():
                return held
            os.close(held)
            if same:
                raise _removed(package)
            # It was removed while we waited, and may have been put back.

    def put(self, tasks: Sequence[tuple[TaskPackage, Copy]], marks: dict[str, str]) -> list[TaskPackage]:
        """Put tasks on the shelf, each with what copies its files into a new folder and gives their digest; all of
        them or none. A version that is there already is replaced. Raises ConflictError, UserError.
        """
        with self._alone() as index:
            placed = []
            for package, copy in tasks:
                _refuse_other(package, index)
                placed.append(self._place(package, copy))
            names = {(each.name.lower(), each.version) for each in placed}
            kept = [each for each in index.packages if (each.name.lower(), each.version) not in names]
            self._write(replace(index, packages=_sorted([*kept, *placed]), folders={**index.folders, **marks}))
        return placed

    def remove(self, reference: str) -> list[TaskPackage]:
        """Take a task away: all versions of `Name`, those of `Name@1`, or one, `Name@1.2.3`. A job that runs keeps its
        files. Raises NotFoundError.
        """
        with self._alone() as index:
            gone = [package for package in index.packages if is_meant(package, reference)]
            if not gone:
                there = ", ".join(f"{each.name}@{each.version_text}" for each in index.packages)
                raise NotFoundError(f"there is no task package '{reference}'", hint=f"there is {there or 'none'}")
            self._write(replace(index, packages=tuple(each for each in index.packages if each not in gone), folders={}))
        return gone

    def _place(self, package: TaskPackage, copy: Copy) -> TaskPackage:
        stage = self.root / f"{_STAGE}{os.getpid()}"
        digest = copy(stage)
        folder = self.root / digest
        (self.root / f"{digest}.lock").touch(mode=0o600)
        if folder.is_dir():
            shutil.rmtree(stage)
        else:
            stage.rename(folder)
        return replace(package, digest=digest)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[Index]:
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._sweep()
            yield self.index()
        finally:
            self._sweep()
            os.close(lock)

    def _write(self, index: Index) -> None:
        new = self.root / f"{INDEX}.new"
        new.write_bytes(msgspec.json.format(msgspec.json.encode(index), indent=1))
        new.replace(self.root / INDEX)

    def _sweep(self) -> None:
        """Remove what a killed command left, and what no index names and no job uses any more."""
        kept = {package.digest for package in self.packages()}
        for path in self.root.iterdir():
            if path.name.startswith(_STAGE):
                shutil.rmtree(path, ignore_errors=True)
            elif path.suffix == ".lock" and path.stem not in kept:
                self._sweep_one(path)

    def _sweep_one(self, lock: Path) -> None:
        held = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        else:
            shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
            lock.unlink()
        finally:
            os.close(held)


def is_meant(package: TaskPackage, reference: str) -> bool:
    """Whether `Name`, `Name@1` or `Name@1.2.3`, by any of its names in any case, means this version of this task."""
    name, _, version = reference.lower().partition("@")
    versions = ("", str(package.version[0]), package.version_text)
    return name in {each.lower() for each in package.names} and version in versions


def newest(packages: Sequence[TaskPackage], reference: str) -> TaskPackage | None:
    """The one that a step means by `Name@1` or `Name@1.2.3`; the newest, where several are meant."""
    meant = [package for package in packages if "@" in reference and is_meant(package, reference)]
    return max(meant, key=lambda package: package.version, default=None)


def _refuse_other(package: TaskPackage, index: Index) -> None:
    """A pipeline's `Name@1` must mean one task only."""
    for other in index.packages:
        if other.name.lower() == package.name.lower() and other.id != package.id:
            raise ConflictError(
                f"there is another task called {other.name} (id {other.id}, from {other.source})",
                hint=f"drivetrain task remove {other.name} takes that one away",
            )


def _sorted(packages: list[TaskPackage]) -> tuple[TaskPackage, ...]:
    return tuple(sorted(packages, key=lambda package: (package.name.lower(), package.version)))


def _is(held: int, path: Path) -> bool:
    """Whether an open file is still the one of that name."""
    try:
        return os.path.samestat(os.fstat(held), path.stat())
    except FileNotFoundError:
        return False


def _removed(package: TaskPackage) -> NotFoundError:
    return NotFoundError(
        f"task {package.name}@{package.version_text} has been removed", hint="drivetrain task add puts it back"
    )
