"""Makes a version of a model again, and compares it with what it was."""

from __future__ import annotations

from contextlib import suppress
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.errors import NotFoundError
from drivetrain.registry.versions.digests import file_digest
from drivetrain.registry.versions.mlmodel import read_yaml
from drivetrain.registry.versions.reproduction import MLMODEL, CannotError, differences, lasting
from drivetrain.registry.versions.skops_file import SUFFIX, skops_digest
from drivetrain.run.model import AZURE_ML, State
from drivetrain.store.model_versions import SqliteModelVersions
from drivetrain.wire.registry.job_again import JobAgain
from drivetrain.wire.registry.job_sources import source_of
from drivetrain.wire.registry.models import ARTIFACTS, folder_of_version
from drivetrain.wire.registry.pipeline_again import PipelineAgain
from drivetrain.wire.registry.ways import Made

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from drivetrain.registry.versions.model import ModelVersion
    from drivetrain.registry.versions.reproduction import Difference, Tolerance
    from drivetrain.wire.registry.ways import Started, Way
    from drivetrain.wire.storage import Storage


class Reproduction(Struct, frozen=True):
    """A version that was made again."""

    before: ModelVersion
    now: ModelVersion
    differences: tuple[Difference, ...]
    notes: tuple[str, ...] = ()
    """What could not be held as it was, in words."""

    @property
    def same(self) -> bool:
        """Whether it is the same model."""
        return not any(each.counts for each in self.differences)

    @property
    def title(self) -> str:
        """What was made, for people."""
        return self.now.reference if self.now.version else f"what the job {self.now.training_run} has made"


class Reproducer:
    """Of one home."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._rows = SqliteModelVersions(storage.database, storage.clock)

    def start(self, version: ModelVersion) -> Started:
        """Queue the run, to be driven to its end. Raises CannotError."""
        return self._way(version).start()

    def _way(self, version: ModelVersion) -> Way:
        """A pipeline run does what it did, also where that is to submit a job; else the job is submitted again."""
        with suppress(NotFoundError):
            if version.run_id is not None and self._storage.runs.get(version.run_id).source.provider != AZURE_ML:
                return PipelineAgain(self._storage, version)
        source = source_of(self._storage, version)
        return JobAgain(self._storage, version, source) if source else PipelineAgain(self._storage, version)

    def compare(
        self, version: ModelVersion, run_id: int, tolerance: Tolerance, notes: tuple[str, ...] = ()
    ) -> Reproduction:
        """What the run has come to. Raises CannotError when it has made no such model."""
        run, way = self._storage.runs.get(run_id), self._way(version)
        version = way.version
        made = self._registered(version, run_id) or way.unregistered(run)
        if made is None:
            ended = f"ended as {run.result}" if run.state is State.COMPLETED else "has not ended"
            raise CannotError(
                f"{version.reference} was not made again: run {run_id} {ended} and has registered no {version.name}",
                hint=f"drivetrain logs {run_id} says more",
            )
        was = Made(version, self._folder(version))
        found = differences(version, made.version, tolerance, lambda name: _alike(was, made, name))
        return Reproduction(version, made.version, tuple(found), notes)

    def _registered(self, version: ModelVersion, run_id: int) -> Made | None:
        self._storage.models.look()
        made = [each for each in self._rows.of_run(run_id) if each.name == version.name]
        if not made:
            return None
        same_job = [each for each in made if each.job == version.job]
        now = (same_job or made)[-1]
        return Made(now, self._folder(now))

    def _folder(self, version: ModelVersion) -> Path | None:
        return folder_of_version(version, self._storage.home.mlflow / ARTIFACTS)


def _alike(one: Made, two: Made, name: str) -> bool:
    """Whether two files say the same, of a kind that is never the same twice."""
    said = _said(one, name)
    return bool(said) and said == _said(two, name)


def _said(made: Made, name: str) -> object:
    """What a file says; nothing of one that is gone, or is another by now, or is of a kind that we do not read."""
    read = _READ.get(PurePosixPath(name).suffix if name != MLMODEL else MLMODEL)
    if read is None or made.folder is None or file_is_other(made.folder / name, made.version.files.get(name, "")):
        return None
    return read(made.folder / name)


_READ: Mapping[str, Callable[[Path], object]] = {
    MLMODEL: lambda path: lasting(read_yaml(path)),
    SUFFIX: skops_digest,
}


def file_is_other(path: Path, digest: str) -> bool:
    """Whether a file is not the one of a digest any more."""
    try:
        return file_digest(path) != digest
    except OSError:
        return True
