"""When schedules are due, in SQLite."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from drivetrain.clock import timestamp
from drivetrain.run.azureml.ports import Due

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.store.database import Database


class SqliteScheduleTimes:
    """The ScheduleTimes port on SQLite."""

    def __init__(self, database: Database) -> None:
        """Nothing is opened before the first call."""
        self._database = database

    def put(self, due: Due) -> None:
        """Set a schedule's time, in place of any other."""
        text = (
            "INSERT INTO schedule_times (workspace, name, due_at) VALUES (?, ?, ?) "
            "ON CONFLICT (workspace, name) DO UPDATE SET due_at = excluded.due_at"
        )
        self._write(text, due.workspace, due.name, timestamp(due.at))

    def delete(self, workspace: str, name: str) -> None:
        """It is never due."""
        self._write("DELETE FROM schedule_times WHERE workspace = ? AND name = ?", workspace, name)

    def until(self, moment: datetime) -> Sequence[Due]:
        """Those that are due at a moment or before, the earliest first."""
        text = "SELECT * FROM schedule_times WHERE due_at <= ? ORDER BY due_at, workspace, name"
        with self._database.reading() as connection:
            rows = connection.execute(text, (timestamp(moment),))
            return [Due(row["workspace"], row["name"], _moment(row["due_at"])) for row in rows]

    def next(self) -> datetime | None:
        """The earliest time of all."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT MIN(due_at) AS at FROM schedule_times").fetchone()
        return _moment(row["at"]) if row["at"] else None

    def _write(self, text: str, *values: str) -> None:
        with self._database.writing() as connection:
            connection.execute(text, values)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
