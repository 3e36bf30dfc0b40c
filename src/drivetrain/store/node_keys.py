"""Keys of steps of pipeline jobs in SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.store.database import Database

_MOST = 20
"""So many jobs with one key are looked at; older ones do not matter."""


class SqliteNodeKeys:
    """The NodeKeys port on SQLite."""

    def __init__(self, database: Database) -> None:
        """Nothing is opened before the first call."""
        self._database = database

    def put(self, workspace: str, job: str, key: str) -> None:
        """Note the key of a job."""
        text = (
            "INSERT INTO node_keys (workspace, key, job) VALUES (?, ?, ?) "
            "ON CONFLICT (workspace, job) DO UPDATE SET key = excluded.key"
        )
        with self._database.writing() as connection:
            connection.execute(text, (workspace, key, job))

    def jobs(self, workspace: str, key: str) -> Sequence[str]:
        """The names of the jobs with this key, the newest first."""
        text = "SELECT job FROM node_keys WHERE workspace = ? AND key = ? ORDER BY id DESC LIMIT ?"
        with self._database.reading() as connection:
            rows = connection.execute(text, (workspace, key, _MOST))
            return [row["job"] for row in rows]
