"""How far it was looked at what runs and other repositories start, in SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drivetrain.store.database import Database

_LOOKED_AT = ""
"""A row with this ref says that the repository was looked at, though it may have no ref at all."""


class SqliteProgressedRuns:
    """The ProgressedRuns port on SQLite: triggers of the database write the rows."""

    def __init__(self, database: Database) -> None:
        """Nothing is opened before the first call."""
        self._database = database

    def pending(self, limit: int = 100) -> Sequence[tuple[int, int]]:
        """(run, mark), oldest first."""
        query = "SELECT run_id, seen FROM progressed_runs ORDER BY run_id LIMIT ?"
        with self._database.reading() as connection:
            return [(row["run_id"], row["seen"]) for row in connection.execute(query, (limit,))]

    def done(self, run_id: int, mark: int) -> None:
        """It was looked at as it was at this mark."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM progressed_runs WHERE run_id = ? AND seen = ?", (run_id, mark))


class SqliteResourceRefs:
    """The ResourceRefs port on SQLite; any thread may call it."""

    def __init__(self, database: Database) -> None:
        """Nothing is opened before the first call."""
        self._database = database

    def positions(self, project_id: int, url: str) -> Mapping[str, tuple[str, int]] | None:
        """By ref where it was, and how often it has moved."""
        query = "SELECT ref, sha, moves FROM resource_refs WHERE project_id = ? AND url = ?"
        with self._database.reading() as connection:
            rows = {row["ref"]: (row["sha"], row["moves"]) for row in connection.execute(query, (project_id, url))}
        return {ref: at for ref, at in rows.items() if ref != _LOOKED_AT} if rows else None

    def put(self, project_id: int, url: str, refs: Mapping[str, tuple[str, int]]) -> None:
        """These are seen now."""
        rows = [(project_id, url, ref, *at) for ref, at in {_LOOKED_AT: ("", 0), **refs}.items()]
        with self._database.writing() as connection:
            connection.executemany("INSERT OR REPLACE INTO resource_refs VALUES (?, ?, ?, ?, ?)", rows)
