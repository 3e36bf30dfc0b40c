"""The Lineages port on a home: from commits over runs and versions to what is live."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivetrain.errors import NotFoundError
from drivetrain.registry.versions.lineage import of_versions, with_runs
from drivetrain.store.model_deployments import SqliteModelDeployments
from drivetrain.store.model_versions import SqliteModelVersions
from drivetrain.view.ports import RunFilter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.registry.versions.model import Deployed, LineageNode, ModelVersion
    from drivetrain.registry.versions.ports import Deployments, Models, VersionRows
    from drivetrain.view.ports import RunQueries
    from drivetrain.wire.storage import Storage

SHA = re.compile(r"[0-9a-fA-F]{7,64}")
MOST_RUNS = 50


class HomeLineages:
    """Any thread may call it."""

    def __init__(self, models: Models, rows: VersionRows, deployments: Deployments, runs: RunQueries) -> None:
        self._models = models
        self._rows = rows
        self._deployments = deployments
        self._runs = runs

    def of(self, text: str) -> Sequence[LineageNode]:
        """Of NAME, NAME:VERSION, NAME@ALIAS, or a commit. Raises NotFoundError, UserError."""
        names = self._models.names()
        if SHA.fullmatch(text) and text not in names:
            return [self._of_commit(text.lower())]
        found = self._models.versions(text) if text in names else [self._models.find(text)]
        return of_versions(found, self._deployed(found))

    def _of_commit(self, sha: str) -> LineageNode:
        found = self._live(self._rows.of_commit(sha))
        runs = self._runs.runs(RunFilter(commit=sha, limit=MOST_RUNS))
        if not found and not runs:
            hint = "drivetrain why-not says whether a commit was seen; drivetrain models lists models"
            raise NotFoundError(f"nothing was made of commit {sha}, and there is no such model", hint=hint)
        said = [(run.id, f"run {run.id} ({run.number}) of {run.pipeline}, {run.result or run.state}") for run in runs]
        whole = runs[0].source.commit.sha if runs else sha
        return with_runs(found, said, self._deployed(found), whole)

    def _live(self, rows: Sequence[ModelVersion]) -> list[ModelVersion]:
        """With the aliases that they have now."""
        names = set(self._models.names())
        now = {
            each.reference: each
            for name in {row.name for row in rows if not row.gone_at}
            if name in names
            for each in self._models.versions(name)
        }
        return [row if row.gone_at else now.get(row.reference, row) for row in rows]

    def _deployed(self, versions: Sequence[ModelVersion]) -> list[Deployed]:
        return [each for name in {each.name for each in versions} for each in self._deployments.of_model(name)]


def lineages(storage: Storage) -> HomeLineages:
    """Of a home."""
    rows = SqliteModelVersions(storage.database, storage.clock)
    return HomeLineages(storage.models, rows, SqliteModelDeployments(storage.database), storage.queries)
