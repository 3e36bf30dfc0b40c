"""When `schedules:` of pipeline files are due, in SQLite."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec.json import decode, encode

from drivetrain.clock import timestamp
from drivetrain.source.model import Schedule
from drivetrain.source.triggers.ports import BranchAt, Planned

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from drivetrain.store.database import Database

_MOVED = """
SELECT r.project_id, r.ref, r.sha FROM refs r LEFT JOIN scheduled_refs s USING (project_id, ref)
WHERE substr(r.ref, 1, 11) = 'refs/heads/' AND r.sha IS NOT s.sha
UNION ALL
SELECT s.project_id, s.ref, '' FROM scheduled_refs s LEFT JOIN refs r USING (project_id, ref) WHERE r.sha IS NULL
LIMIT ?
"""
_ROW = "SELECT project_id, ref, data, due_at FROM pipeline_schedules"
_KEY = "project_id = ? AND ref = ? AND cron = ? AND name = ?"


class SqlitePipelineSchedules:
    """The PipelineSchedules port on SQLite; any thread may call it."""

    def __init__(self, database: Database) -> None:
        """Nothing is opened before the first call."""
        self._database = database

    def moved(self, limit: int = 1000) -> Sequence[BranchAt]:
        """Branches that are not where they were when their file was last looked at."""
        with self._database.reading() as connection:
            return [BranchAt(*row) for row in connection.execute(_MOVED, (limit,))]

    def file_id(self, project_id: int, ref: str) -> str | None:
        """The file of a branch as it was last looked at."""
        query = "SELECT file_id FROM scheduled_refs WHERE project_id = ? AND ref = ?"
        with self._database.reading() as connection:
            row = connection.execute(query, (project_id, ref)).fetchone()
        return None if row is None else str(row["file_id"])

    def put(self, branch: BranchAt, file_id: str, planned: Sequence[Planned] | None) -> None:
        """The file of a branch was looked at; these are its schedules."""
        place = (branch.project_id, branch.ref)
        with self._database.writing() as connection:
            if planned is not None:
                _replace(connection, place, planned)
            connection.execute("DELETE FROM scheduled_refs WHERE project_id = ? AND ref = ?", place)
            if branch.sha:
                connection.execute("INSERT INTO scheduled_refs VALUES (?, ?, ?, ?)", (*place, branch.sha, file_id))

    def due(self, moment: datetime) -> Sequence[Planned]:
        """Those that are due at a moment or before."""
        return self._read(f"{_ROW} WHERE due_at <= ? ORDER BY due_at", timestamp(moment))

    def every(self, project_id: int | None = None) -> Sequence[Planned]:
        """All, the earliest first."""
        return self._read(f"{_ROW} WHERE ? IS NULL OR project_id = ? ORDER BY due_at, ref", project_id, project_id)

    def advance(self, planned: Planned, due_at: datetime | None) -> None:
        """It is due at another time, or never again."""
        key = _key(planned)
        with self._database.writing() as connection:
            if due_at is None:
                connection.execute(f"DELETE FROM pipeline_schedules WHERE {_KEY}", key)  # noqa: S608 - a constant
                return
            text = f"UPDATE pipeline_schedules SET due_at = ? WHERE {_KEY}"  # noqa: S608 - a constant
            connection.execute(text, (timestamp(due_at), *key))

    def _read(self, query: str, *values: object) -> list[Planned]:
        with self._database.reading() as connection:
            return [_planned(row) for row in connection.execute(query, values)]


def _replace(connection: sqlite3.Connection, place: tuple[int, str], planned: Sequence[Planned]) -> None:
    """The new ones; one that was there already keeps its time."""
    query = "SELECT cron, name, due_at FROM pipeline_schedules WHERE project_id = ? AND ref = ?"
    times = {(row["cron"], row["name"]): row["due_at"] for row in connection.execute(query, place)}
    connection.execute("DELETE FROM pipeline_schedules WHERE project_id = ? AND ref = ?", place)
    for each in planned:
        due_at = times.get((each.schedule.cron, each.schedule.display_name), timestamp(each.due_at))
        row = (*_key(each), due_at, encode(each.schedule).decode())
        connection.execute("INSERT INTO pipeline_schedules VALUES (?, ?, ?, ?, ?, ?)", row)


def _key(planned: Planned) -> tuple[int, str, str, str]:
    return planned.project_id, planned.ref, planned.schedule.cron, planned.schedule.display_name


def _planned(row: sqlite3.Row) -> Planned:
    due_at = datetime.fromisoformat(row["due_at"]).astimezone(UTC)
    return Planned(row["project_id"], row["ref"], decode(row["data"], type=Schedule), due_at)
