"""Finds events of sources by a run or by the beginning of a commit's id, in SQLite."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.store.database import Database

_PREFIX = re.compile(r"[0-9a-f]{4,64}")


class SqliteEventSearch:
    """Reads only; any thread may call it."""

    def __init__(self, database: Database) -> None:
        """Nothing is opened before the first call."""
        self._database = database

    def of_run(self, run_id: int) -> int | None:
        """The event that asked for a run."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT source_event_id FROM runs WHERE id = ?", (run_id,)).fetchone()
        return None if row is None else row["source_event_id"]

    def commits(self, prefix: str, limit: int = 50) -> Sequence[tuple[int, str]]:
        """(project, commit) of events and runs whose commit begins so; empty for what begins no commit's id."""
        if not _PREFIX.fullmatch(prefix):
            return ()
        ends = (prefix, prefix + "g", limit)  # no digit comes after f: the index finds them
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT project_id, new_sha FROM source_events WHERE new_sha >= ?1 AND new_sha < ?2 UNION "
                "SELECT project_id, commit_sha FROM runs WHERE commit_sha >= ?1 AND commit_sha < ?2 "
                "AND project_id IS NOT NULL LIMIT ?3",
                ends,
            )
            return [(row["project_id"], row["new_sha"]) for row in rows]

    def runs(self, project_id: int, sha: str) -> Sequence[int]:
        """Runs of a project at a commit, oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT id FROM runs WHERE commit_sha = ? AND project_id = ? ORDER BY id", (sha, project_id)
            )
            return [row["id"] for row in rows]
