"""A version that a pipeline run has made: the same commit, plan and parameters in a run of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.errors import NotFoundError
from drivetrain.record.tracking.model import REPRODUCES
from drivetrain.registry.versions.reproduction import cannot
from drivetrain.run.model import AZURE_ML
from drivetrain.settings import load
from drivetrain.source.git import has_commit
from drivetrain.wire.asked import Wish, current_user
from drivetrain.wire.launch import launcher
from drivetrain.wire.local import Foreground
from drivetrain.wire.registry.constraints import constraints
from drivetrain.wire.registry.ways import Started, notes_of
from drivetrain.wire.server_process import find

if TYPE_CHECKING:
    from drivetrain.plan.model import Plan
    from drivetrain.registry.versions.model import ModelVersion
    from drivetrain.run.model import Run
    from drivetrain.wire.storage import Storage


class PipelineAgain:
    """The Way of one version."""

    def __init__(self, storage: Storage, version: ModelVersion) -> None:
        self._storage = storage
        self.version = version

    def start(self) -> Started:
        """Queue the run, which this terminal drives. Raises CannotError."""
        version, storage = self.version, self._storage
        run, plan = self._run_of()
        self._has_commit(run)
        notes = tuple(notes_of(version))
        variables = {REPRODUCES: version.reference, **constraints(storage.home, version)}
        server = find(storage.home)
        made = launcher(storage, server.url if server else "").rerun(
            run.id, Wish(current_user(), variables=variables), stages=_needed(plan, version.job)
        )
        return Started(made, Foreground(storage, load(storage.home)), notes)

    def unregistered(self, run: Run) -> None:
        """Such a run registers what it makes."""
        del run

    def _run_of(self) -> tuple[Run, Plan]:
        version, runs = self.version, self._storage.runs
        if version.run_id is None:
            why = "no run and no job that is still here has made it"
            raise cannot(version, why if version.training_run else "nothing is known of how it was made")
        try:
            run = runs.get(version.run_id)
        except NotFoundError:
            hint = "`drivetrain keep RUN` keeps runs of models from the retention rules"
            raise cannot(version, f"run {version.run_id} was removed", hint) from None
        plan = runs.plan(run.id)
        if plan is None or run.source.provider == AZURE_ML:
            deleted = "its job of Azure Machine Learning was deleted, or the job's workspace"
            raise cannot(version, deleted if plan else f"run {run.id} has no plan any more")
        return run, plan

    def _has_commit(self, run: Run) -> None:
        repo, sha = Path(run.source.fetch_from), run.source.commit.sha
        if not repo.is_dir() or not has_commit(repo, sha):
            gone = f"commit {sha[:8]} is not at {repo}"
            raise cannot(self.version, "its uncommitted changes are kept no more" if self.version.dirty else gone)


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
