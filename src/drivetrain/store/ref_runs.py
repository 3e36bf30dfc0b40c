"""Runs of one ref of a project, in SQLite: what triggers ask of the past."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.source.model import Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.store.database import Database


class SqliteRefRuns:
    """Reads only; any thread may call it."""

    def __init__(self, database: Database) -> None:
        """Nothing is opened before the first call."""
        self._database = database

    def unfinished(self, project_id: int, ref: str, reason: Reason | None = None) -> Sequence[int]:
        """Runs that are not completed, oldest first; of one reason, or of all."""
        return self._ids(
            "SELECT id FROM runs WHERE state <> 'completed' AND project_id = ? AND branch = ? "
            "AND (? = '' OR reason = ?) ORDER BY id",
            project_id,
            ref,
            reason or "",
            reason or "",
        )

    def of_commit(self, project_id: int, ref: str, sha: str) -> Sequence[int]:
        """Runs of a commit, oldest first."""
        return self._ids(
            "SELECT id FROM runs WHERE commit_sha = ? AND project_id = ? AND branch = ? ORDER BY id",
            sha,
            project_id,
            ref,
        )

    def last_scheduled(self, project_id: int, ref: str) -> tuple[int, str] | None:
        """The newest run of a schedule that succeeded, if with issues, and its commit."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT id, commit_sha FROM runs WHERE project_id = ? AND branch = ? AND reason = ? "
                "AND result IN ('Succeeded', 'SucceededWithIssues') ORDER BY id DESC LIMIT 1",
                (project_id, ref, Reason.SCHEDULE),
            ).fetchone()
        return (int(row["id"]), str(row["commit_sha"])) if row else None

    def later_commit(self, project_id: int, ref: str, event_id: int, sha: str) -> str:
        """Another commit that a later event of a pull request's ref is about; empty when there is none."""
        query = (
            "SELECT new_sha FROM source_events WHERE project_id = ? AND id > ? AND ref = ? AND reason = ? "
            "AND new_sha <> ? ORDER BY id DESC LIMIT 1"
        )
        with self._database.reading() as connection:
            row = connection.execute(query, (project_id, event_id, ref, Reason.PULL_REQUEST, sha)).fetchone()
        return str(row["new_sha"]) if row else ""

    def _ids(self, query: str, *values: object) -> list[int]:
        with self._database.reading() as connection:
            return [int(row["id"]) for row in connection.execute(query, values)]
