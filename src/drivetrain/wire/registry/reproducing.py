"""Makes a version of a model again: the same commit, plan and parameters, with the packages that it was made with."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.errors import NotFoundError, UserError
from drivetrain.record.tracking.model import REPRODUCES
from drivetrain.registry.versions.digests import PREFIX, file_digest
from drivetrain.registry.versions.mlmodel import read_yaml
from drivetrain.registry.versions.reproduction import MLMODEL, differences
from drivetrain.run.model import AZURE_ML, State
from drivetrain.source.git import has_commit
from drivetrain.store.model_versions import SqliteModelVersions
from drivetrain.wire.asked import Wish, current_user
from drivetrain.wire.launch import launcher
from drivetrain.wire.registry.models import ARTIFACTS, folder_of_version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.plan.model import Plan
    from drivetrain.registry.versions.model import ModelVersion
    from drivetrain.registry.versions.reproduction import Difference, Tolerance
    from drivetrain.run.model import Run
    from drivetrain.wire.storage import Storage

CONSTRAINTS = ("PIP_CONSTRAINT", "UV_CONSTRAINT")
"""Variables by which every `pip install` and `uv pip install` of a job keeps to the versions of a file.

https://pip.pypa.io/en/stable/user_guide/#constraints-files
"""
_NOT_PINNED = frozenset({"pip", "setuptools", "wheel", "uv"})
"""What installs is not what is installed."""


class CannotError(UserError):
    """A version cannot be made again; the message says why."""


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


class Reproducer:
    """Of one home."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._rows = SqliteModelVersions(storage.database, storage.clock)

    def start(self, version: ModelVersion, server_url: str = "") -> tuple[Run, tuple[str, ...]]:
        """Queue the run, which somebody has to drive; and what cannot be held as it was. Raises CannotError."""
        run, plan = self._run_of(version)
        self._has_commit(version, run)
        notes = tuple(self._notes(version))
        wish = Wish(current_user(), variables={REPRODUCES: version.reference, **self._constraints(version)})
        stages = _needed(plan, version.job)
        return launcher(self._storage, server_url).rerun(run.id, wish, stages=stages), notes

    def _run_of(self, version: ModelVersion) -> tuple[Run, Plan]:
        if version.run_id is None:
            why = "no pipeline run has made it" if version.training_run else "nothing is known of how it was made"
            raise CannotError(f"{version.reference} cannot be made again: {why}")
        try:
            run = self._storage.runs.get(version.run_id)
        except NotFoundError:
            raise CannotError(
                f"{version.reference} cannot be made again: run {version.run_id} was removed",
                hint="`drivetrain keep RUN` keeps runs of models from the retention rules",
            ) from None
        plan = self._storage.runs.plan(run.id)
        if plan is None or run.source.provider == AZURE_ML:
            why = "is a job of Azure Machine Learning, which runs once" if plan else "has no plan any more"
            raise CannotError(f"{version.reference} cannot be made again: run {run.id} {why}")
        return run, plan

    def _has_commit(self, version: ModelVersion, run: Run) -> None:
        repo, sha = Path(run.source.fetch_from), run.source.commit.sha
        if not repo.is_dir() or not has_commit(repo, sha):
            what = "its uncommitted changes are kept no more" if version.dirty else f"commit {sha[:8]} is not at {repo}"
            raise CannotError(f"{version.reference} cannot be made again: {what}")

    def _notes(self, version: ModelVersion) -> Iterator[str]:
        if not version.packages:
            yield "its packages are not known: those count that the pipeline installs now"
        for each in version.data:
            path = Path(each.source.removeprefix("file://"))
            if each.digest.startswith(PREFIX) and path.is_absolute() and path.is_file():
                if file_digest(path) != each.digest:
                    yield f"the data {each.name} has changed: {path} is not {each.digest}"
            elif each.digest:
                yield f"the data {each.name} is compared by what the training run says of it: {each.digest}"

    def _constraints(self, version: ModelVersion) -> dict[str, str]:
        """The lock as a file of constraints, kept by its content."""
        pins = {name: number for name, number in version.packages.items() if name not in _NOT_PINNED}
        if not pins:
            return {}
        text = "".join(f"{name}=={number}\n" for name, number in sorted(pins.items()))
        folder = self._storage.home.cache / "locks"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / f"{hashlib.sha256(text.encode()).hexdigest()}.txt"
        path.write_text(text, "utf-8")
        return dict.fromkeys(CONSTRAINTS, str(path))

    def compare(
        self, version: ModelVersion, run_id: int, tolerance: Tolerance, notes: tuple[str, ...] = ()
    ) -> Reproduction:
        """What the run has come to. Raises CannotError when it has made no such model."""
        run = self._storage.runs.get(run_id)
        self._storage.models.look()
        made = [each for each in self._rows.of_run(run_id) if each.name == version.name]
        if not made:
            ended = f"ended as {run.result}" if run.state is State.COMPLETED else "has not ended"
            raise CannotError(
                f"{version.reference} was not made again: run {run_id} {ended} and has registered no {version.name}",
                hint=f"drivetrain logs {run_id} says more",
            )
        same_job = [each for each in made if each.job == version.job]
        now = (same_job or made)[-1]
        said = (self._mlmodel(version), self._mlmodel(now))
        return Reproduction(version, now, tuple(differences(version, now, tolerance, said)), notes)

    def _mlmodel(self, version: ModelVersion) -> dict[str, object]:
        folder = folder_of_version(version, self._storage.home.mlflow / ARTIFACTS)
        if folder is None or file_is_other(folder / MLMODEL, version.files.get(MLMODEL, "")):
            return {}
        return dict(read_yaml(folder / MLMODEL))


def file_is_other(path: Path, digest: str) -> bool:
    """Whether a file is not the one of a digest any more."""
    try:
        return file_digest(path) != digest
    except OSError:
        return True


def _needed(plan: Plan, job: str) -> tuple[str, ...]:
    """The stage that made the model, and those that it depends on; all when it is not known which it was. Stages behind
    it deploy, and are none of a reproduction's business.
    """
    stages = {stage.name.lower(): stage for stage in plan.stages}
    first = job.partition(".")[0].lower()
    if first not in stages:
        return ()
    found: dict[str, str] = {}
    waiting = [first]
    while waiting:
        name = waiting.pop()
        if name in stages and name not in found:
            found[name] = stages[name].name
            waiting += [each.lower() for each in stages[name].depends_on]
    return tuple(found.values())
