"""Artifacts as folders: `artifacts/<run>/<name>/`, each there as a whole or not at all.

Names and files come from jobs and are hostile. Beside the folders, `.about/` says of each artifact what kind it is and
which attempt at which job made it. A pipeline artifact is published once; a build artifact is a container, which later
publishes add files to, as on Azure.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from drivetrain.errors import NotFoundError, UnavailableError, UserError
from drivetrain.record.artifact_files import Outlet, copy_in, files_below, measure, merge
from drivetrain.record.artifact_ignore import ignored_in
from drivetrain.record.patterns import matcher
from drivetrain.run.model import ArtifactLabel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

LONGEST_NAME = 200
CONTAINER = "container"
_BAD_SIGNS = frozenset('"/\\:<>|*?') | {chr(code) for code in (*range(32), 127)}
_STAGING = ".staging"
_ABOUT = ".about"
_PIPELINE = ArtifactLabel()


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

    def publish(self, name: str, path: Path, label: ArtifactLabel = _PIPELINE) -> tuple[int, int]:
        """Copy a file or folder in as artifact `name`; (files, bytes) of the whole artifact afterwards.

        Raises UserError on a bad name, a name that is taken, a missing path, or a link that leaves it.
        """
        target = self._root / check_name(name)
        if not path.exists():
            raise UserError(f"Path does not exist: {path}", hint="an earlier step has to make what is published")
        self._refuse_taken(name, label)
        with self._staged() as copy:
            try:
                ignored = ignored_in(path) if label.kind != CONTAINER and path.is_dir() else None
                counted = copy_in(path, copy, ignored)
                with self._lock():
                    self._refuse_taken(name, label)
                    return self._put(copy, target, label) or counted
            except OSError as error:
                raise UnavailableError(
                    f"cannot publish {path}: {error.strerror}: {error.filename}",
                    hint="check rights and free disk space",
                ) from error

    def _put(self, copy: Path, target: Path, label: ArtifactLabel) -> tuple[int, int] | None:
        """Let the copy be the artifact, or a part of it: what the artifact holds then, if that is not the copy."""
        if target.is_dir() and label.kind == CONTAINER:
            merge(copy, target)
            return measure(target)
        if target.is_dir():  # of an attempt before this one
            target.rename(copy.with_name(f"{copy.name}.old"))
            shutil.rmtree(copy.with_name(f"{copy.name}.old"), ignore_errors=True)
        self._write_label(target.name, label)
        copy.rename(target)
        return None

    def associate(self, name: str, label: ArtifactLabel) -> None:
        """Note an artifact that lies elsewhere, at `label.location`. Raises UserError as `publish` does."""
        check_name(name)
        (self._root / _STAGING).mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._lock():
            if (self._root / name).exists():
                raise _taken(name)
            self._write_label(name, label)

    @contextmanager
    def _staged(self) -> Iterator[Path]:
        """A new folder to copy into, on the file system of the artifacts."""
        import tempfile  # noqa: PLC0415 - brings random with it; only a job that publishes needs it

        staging = self._root / _STAGING
        staging.mkdir(parents=True, exist_ok=True, mode=0o700)
        copy = Path(tempfile.mkdtemp(dir=staging))
        try:
            yield copy
        finally:
            shutil.rmtree(copy, ignore_errors=True)

    def _refuse_taken(self, name: str, label: ArtifactLabel) -> None:
        """A container takes files of containers; a later attempt at a job replaces what an earlier one made."""
        there = (self._root / name).exists()
        before = self.label(name)  # looked at after the folder: a publisher writes it before the folder is there
        if not there and not before.location:
            return
        both = before.kind == label.kind == CONTAINER
        again = before.kind == label.kind and before.job == label.job != "" and before.attempt < label.attempt
        if not (both or again) or before.location:
            raise _taken(name)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        # A rename would replace an empty folder of that name.
        fd = os.open(self._root / _STAGING, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)

    def _write_label(self, name: str, label: ArtifactLabel) -> None:
        folder = self._root / _ABOUT
        folder.mkdir(exist_ok=True, mode=0o700)
        new = folder / f".{name[:100]}.new"
        new.write_bytes(msgspec.json.encode(label))
        new.replace(folder / f"{name}.json")

    def label(self, name: str) -> ArtifactLabel:
        """What is known of an artifact; of one without a label, that it is a pipeline artifact."""
        try:
            return msgspec.json.decode((self._root / _ABOUT / f"{name}.json").read_bytes(), type=ArtifactLabel)
        except (OSError, ValueError, msgspec.MsgspecError):
            return _PIPELINE

    def download(
        self, name: str, target: Path, patterns: Sequence[str] = ("**",), *, named: bool = False
    ) -> Sequence[str]:
        """Copy out what matches; the paths of the files. Raises NotFoundError with the names there are."""
        root, matches, found = self._folder(name), matcher(patterns), []
        prefix, skip, outlet = f"{name}/" if named else "", len(str(root)) + 1, Outlet(target)
        for file in files_below(str(root)):
            relative = file[skip:]
            if matches(prefix + relative):
                outlet.put(file, relative)
                found.append(relative)
        return found

    def path(self, name: str, relative: str) -> Path:
        """Where one of `sizes` lies. Raises NotFoundError."""
        if relative not in self.sizes(name):
            raise NotFoundError(f"artifact {name} has no file {relative}", hint=f"drivetrain artifact list RUN {name}")
        return self._root / name / relative

    def sizes(self, name: str) -> Mapping[str, int]:
        """Every file's path and size in bytes. Raises NotFoundError."""
        root = self._folder(name)
        skip = len(str(root)) + 1
        return {file[skip:]: Path(file).stat().st_size for file in files_below(str(root))}

    def _folder(self, name: str) -> Path:
        there = self.names()
        if name in there:
            return self._root / name
        raise NotFoundError(
            f"Artifact {name} was not found in this run",
            hint=f"there are: {', '.join(there)}" if there else "nothing has been published yet",
        )

    def names(self) -> Sequence[str]:
        """The artifacts of this run, by name."""
        try:
            return sorted(entry.name for entry in os.scandir(self._root) if entry.name[0] != "." and entry.is_dir())
        except FileNotFoundError:
            return []


def _taken(name: str) -> UserError:
    return UserError(f"Artifact {name} already exists in this run", hint="publish under another name")
