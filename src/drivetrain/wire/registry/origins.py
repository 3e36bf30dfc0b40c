"""What pipeline runs know of the versions that they have made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.errors import NotFoundError
from drivetrain.registry.versions.model import Maker
from drivetrain.run.model import State
from drivetrain.store.software import SqliteSoftware

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drivetrain.registry.versions.model import DataAsset, Training
    from drivetrain.run.model import Run
    from drivetrain.store.database import Database
    from drivetrain.store.runs import SqliteRunStore


class RunOrigins:
    """The Origins port on the runs of a home; any thread may call it."""

    def __init__(self, runs: SqliteRunStore, database: Database, snapshots: Path) -> None:
        """`snapshots` is where working trees with changes are kept."""
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

    def data(self, training: Training) -> Sequence[DataAsset]:  # noqa: ARG002 - soon
        """Data assets of Azure Machine Learning that a job has read."""
        return ()


def is_dirty(run: Run, snapshots: Path) -> bool:
    """Whether a run is of a working tree with changes: those alone are kept as commits of ours."""
    return run.project_id is None and Path(run.source.fetch_from).is_relative_to(snapshots)


def _one_version_each(packages: Mapping[str, str]) -> dict[str, str]:
    """Those that all jobs of the run had alike."""
    return {name: version for name, version in packages.items() if ", " not in version}
