"""What deployments have answered, by minute, in SQLite."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from drivetrain.serve.measures.model import Minute
from drivetrain.serve.model import Tally

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from drivetrain.store.database import Database

_HOUR, _REST = len("2026-01-02T03"), ":00:00.000Z"
_UPSERT = (
    "INSERT OR REPLACE INTO scoring_minutes "
    "(endpoint, deployment, at, requests, errors, seconds, slower_than, mirrored, disagreed) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


class SqliteMinutes:
    """The Minutes port on SQLite. Any thread may call it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, minutes: Sequence[Minute]) -> None:
        """Add these to what is kept of their minutes."""
        with self._database.writing() as connection:
            for each in minutes:
                _add(connection, each)

    def of(self, endpoint: str, since: str, until: str = "") -> Sequence[Minute]:
        """Those of one endpoint from `since` on and before `until`, by time and deployment."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT * FROM scoring_minutes WHERE endpoint = ? AND at >= ? AND (? = '' OR at < ?) "
                "ORDER BY at, deployment",
                (endpoint, since, until, until),
            )
            return [_minute(row) for row in rows]

    def thin_out(self, before: str) -> None:
        """Join the minutes before this moment to hours: a year of one deployment is then 8,760 rows."""
        with self._database.writing() as connection:
            rows = connection.execute(
                "SELECT * FROM scoring_minutes WHERE at < ? AND substr(at, ?) <> ?", (before, _HOUR + 1, _REST)
            ).fetchall()
            for each in map(_minute, rows):
                key = (each.endpoint, each.deployment, each.at)
                connection.execute("DELETE FROM scoring_minutes WHERE endpoint = ? AND deployment = ? AND at = ?", key)
                hour = f"{each.at[:_HOUR]}{_REST}"
                _add(connection, Minute(each.endpoint, each.deployment, hour, each.tally))


def _add(connection: sqlite3.Connection, minute: Minute) -> None:
    row = connection.execute(
        "SELECT * FROM scoring_minutes WHERE endpoint = ? AND deployment = ? AND at = ?",
        (minute.endpoint, minute.deployment, minute.at),
    ).fetchone()
    sum_ = minute.tally if row is None else _minute(row).tally + minute.tally
    counts = (sum_.requests, sum_.errors, sum_.seconds, json.dumps(sum_.slower_than), sum_.mirrored, sum_.disagreed)
    connection.execute(_UPSERT, (minute.endpoint, minute.deployment, minute.at, *counts))


def _minute(row: sqlite3.Row) -> Minute:
    tally = Tally(
        row["requests"],
        row["errors"],
        row["seconds"],
        tuple(json.loads(row["slower_than"])),
        row["mirrored"],
        row["disagreed"],
    )
    return Minute(row["endpoint"], row["deployment"], row["at"], tally)
