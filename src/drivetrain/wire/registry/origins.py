"""What pipeline runs know of the versions that they have made."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.errors import NotFoundError
from drivetrain.plan.azureml.compile import command_of
from drivetrain.record.tracking.model import BUILD_ID_TAG
from drivetrain.registry.model import text_of
from drivetrain.registry.versions.digests import content_of
from drivetrain.registry.versions.learning import run_named
from drivetrain.registry.versions.model import DataAsset, Maker
from drivetrain.run.model import AZURE_ML, State
from drivetrain.store.software import SqliteSoftware
from drivetrain.view.api.azure.history.model import WORKSPACE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from drivetrain.plan.azureml.model import CommandTask, Place
    from drivetrain.plan.model import Plan
    from drivetrain.registry.versions.model import Training
    from drivetrain.run.azureml.ports import AzureJobs
    from drivetrain.run.model import Run
    from drivetrain.store.database import Database
    from drivetrain.store.runs import SqliteRunStore

ASSET = re.compile(r"/data/([^/]+)/versions/([^/]+)$|^azureml:([^:/]+):([^:/]+)$")
"""How a job names a data asset."""
MOST_KEPT = 256
MOST_BYTES = 20_000_000_000
"""More than this is not read for its digest."""


class RunOrigins:
    """The Origins port on the runs of a home; any thread may call it."""

    def __init__(self, runs: SqliteRunStore, database: Database, snapshots: Path, jobs: AzureJobs) -> None:
        """`snapshots` is where working trees with changes are kept."""
        self._jobs = jobs
        self._data: dict[str, tuple[DataAsset, ...]] = {}
        self._runs = runs
        self._software = SqliteSoftware(database)
        self._snapshots = snapshots

    def maker(self, run_id: int) -> Maker | None:
        """One of them; None when there is no such run any more."""
        try:
            run = self._runs.get(run_id)
        except NotFoundError:
            return None
        found = self._software.of_run(run_id)
        return Maker(
            run_id=run.id,
            number=run.number,
            project=run.project,
            repository=run.source.uri,
            branch=run.source.ref.removeprefix("refs/heads/"),
            commit=run.source.commit.sha,
            dirty=is_dirty(run, self._snapshots),
            ended=run.state is State.COMPLETED,
            python=found.python[0] if len(found.python) == 1 else "",
            packages=_one_version_each(found.packages) if len(found.python) == 1 else {},
        )

    def run_of(self, training: Training) -> int | None:
        """The run of the job of Azure Machine Learning that a training run is; None for others, and for one that a
        pipeline has submitted: the pipeline has made what comes of it.
        """
        submitter = run_named(training.tags.get(BUILD_ID_TAG, ""))
        with suppress(NotFoundError):
            if submitter is None or self._runs.get(submitter).source.provider == AZURE_ML:
                return self._job_run(training)
        return None

    def _job_run(self, training: Training) -> int | None:
        with suppress(NotFoundError):
            return self._jobs.get(training.tags.get(WORKSPACE, ""), training.id).run_id
        return None

    def data(self, training: Training) -> Sequence[DataAsset]:
        """Data assets, and other files, that a job of Azure Machine Learning has read, as they are now."""
        if training.id not in self._data:
            if len(self._data) >= MOST_KEPT:
                self._data.clear()
            self._data[training.id] = tuple(self._read(training))
        return self._data[training.id]

    def _read(self, training: Training) -> Iterator[DataAsset]:
        run_id = self._job_run(training) or run_named(training.tags.get(BUILD_ID_TAG, "")) or 0
        task = self._task(run_id, training.id)
        bodies = (job.body for job in self._jobs.of_run(run_id) if job.name == training.id) if task else ()
        asked = next((body.get("inputs") for body in bodies), None)
        for name, each in task.inputs.items() if task else ():
            if each.place.path:
                uri = text_of(asked, name, "uri") if isinstance(asked, dict) else ""
                yield _asset(name, uri, each.place)

    def _task(self, run_id: int, name: str) -> CommandTask | None:
        """The command job that is a training run."""
        plan = self._plan(run_id)
        return command_of(plan, name) if plan else None

    def _plan(self, run_id: int) -> Plan | None:
        """None for a run that is gone: versions outlive the runs that made them."""
        with suppress(NotFoundError):
            return self._runs.plan(run_id) if run_id else None
        return None


def _asset(name: str, uri: str, place: Place) -> DataAsset:
    """`uri` is what the job has named."""
    found = ASSET.search(uri)
    named = (found[1] or found[3], found[2] or found[4]) if found else (name, "")
    return DataAsset(named[0], _digest(Path(place.path)), named[1], place.uri, "input")


def _digest(path: Path) -> str:
    """Of its content; empty when there is too much of it, or nothing."""
    try:
        files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
        small = sum(each.stat().st_size for each in files) <= MOST_BYTES
        return content_of(path).digest if small else ""
    except OSError:
        return ""


def is_dirty(run: Run, snapshots: Path) -> bool:
    """Whether a run is of a working tree with changes: those alone are kept as commits of ours."""
    return run.project_id is None and Path(run.source.fetch_from).is_relative_to(snapshots)


def _one_version_each(packages: Mapping[str, str]) -> dict[str, str]:
    """Those that all jobs of the run had alike."""
    return {name: version for name, version in packages.items() if ", " not in version}
