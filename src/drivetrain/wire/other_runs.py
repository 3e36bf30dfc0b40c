"""What a job may see of the other runs of its home."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.errors import NotFoundError
from drivetrain.record.artifacts import FolderArtifacts
from drivetrain.store.database import Database
from drivetrain.store.other_runs import SqliteOtherRuns

if TYPE_CHECKING:
    from drivetrain.home import Home
    from drivetrain.run.model import Run
    from drivetrain.run.ports import RunWanted


class HomeRuns:
    """The OtherRuns port for one job. A home is what Azure calls a project: its pipelines see each other's runs unless
    `artifacts_across_projects` is off; then only runs of the job's own pipeline are seen.
    """

    def __init__(self, home: Home, own_run: int, *, across: bool = True) -> None:
        """Nothing is opened before the first call."""
        self._home = home
        self._own_run = own_run
        self._across = across
        self._runs = SqliteOtherRuns(Database(home.database))

    def find(self, wanted: RunWanted) -> Run:
        """The run that finished last of those that fit. Raises NotFoundError."""
        return self._runs.find(wanted, only="" if self._across else self._runs.get(self._own_run).pipeline)

    def get(self, run_id: int) -> Run:
        """A run. Raises NotFoundError, also when it may not be seen."""
        run = self._runs.get(run_id)
        if not self._across and run.pipeline != self._runs.get(self._own_run).pipeline:
            hint = "`artifacts_across_projects` of this home is off: only runs of the same pipeline are seen"
            raise NotFoundError(f"there is no run {run_id} of this pipeline", hint=hint)
        return run

    def artifacts(self, run_id: int) -> FolderArtifacts:
        """The artifacts of a run that `find` or `get` gave."""
        return FolderArtifacts(self._home.artifacts(run_id))


def home_runs(home: Home, own_run: int, *, across: bool) -> HomeRuns:
    """What `wire/runner.py` loads when a job first asks for another run."""
    return HomeRuns(home, own_run, across=across)
