"""In SQLite: the repositories at hosts whose pull requests were looked at, so that the first look starts nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.clock import SystemClock, timestamp

if TYPE_CHECKING:
    from drivetrain.clock import Clock
    from drivetrain.store.database import Database

_INSERT = (
    "INSERT INTO host_looks (project_id, host, repository, first_at) "
    "SELECT project_id, host, repository, ? FROM links WHERE project_id = ? ON CONFLICT DO NOTHING RETURNING 1"
)


class SqliteHostLooks:
    """Any thread may call it."""

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        self._database = database
        self._clock = clock or SystemClock()

    def is_first(self, project_id: int) -> bool:
        """Whether this repository of the project was never looked at; from now on it was."""
        with self._database.writing() as connection:
            row = connection.execute(_INSERT, (timestamp(self._clock.now()), project_id)).fetchone()
        return row is not None
