"""Releases in SQLite: one row each; what a release does to its endpoint is written with it, in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.clock import SystemClock, timestamp
from drivetrain.errors import ConflictError, NotFoundError
from drivetrain.serve.model import HistoryEntry
from drivetrain.serve.release.model import Release
from drivetrain.serve.rules.keeping import already_under_way
from drivetrain.store.endpoint_rows import DeploymentRows, History, get_endpoint
from drivetrain.store.rows import from_json, to_json

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from drivetrain.clock import Clock
    from drivetrain.run.ports import Vault
    from drivetrain.serve.ports import Change
    from drivetrain.store.database import Database
    from drivetrain.store.endpoints import SqliteEndpoints


class SqliteReleases:
    """The Releases port on SQLite."""

    def __init__(
        self, database: Database, vault: Vault, endpoints: SqliteEndpoints, clock: Clock | None = None
    ) -> None:
        """Nothing is opened before the first call. `endpoints` of the same database."""
        self._database = database
        self._endpoints = endpoints
        self._clock = clock or SystemClock()
        self._history = History(DeploymentRows(vault))

    def start(self, release: Release) -> Release:
        """Keep a new one, under a new id, and write it down in the history. Raises NotFoundError; ConflictError when
        one of this endpoint is under way.
        """
        with self._database.writing() as connection:
            endpoint = get_endpoint(connection, release.endpoint)
            query = "SELECT id FROM releases WHERE endpoint = ? AND under_way"
            row = connection.execute(query, (endpoint.name,)).fetchone()
            if row is not None:
                raise already_under_way(endpoint.name, row["id"])
            cursor = connection.execute(
                "INSERT INTO releases (endpoint, under_way, data) VALUES (?, 1, '')", (endpoint.name,)
            )
            now = self._now()
            kept = replace(
                release,
                id=int(cursor.lastrowid or 0),
                endpoint=endpoint.name,
                since=release.since or now,
                created_at=now,
            )
            _write(connection, kept)
            data = {"release": kept.id, "deployment": kept.deployment}
            entry = HistoryEntry(0, now, kept.endpoint, "release.started", kept.created_by, kept.run_id, data)
            self._history.changed(connection, entry)
            return kept

    def update(self, release: Release, change: Change | None = None) -> Release:
        """It stands here now; and with a change, in the same transaction, so does the endpoint's traffic, which is
        written down in the history as done by `release N`. Raises NotFoundError; UserError as `set_traffic` does;
        ConflictError when it has ended meanwhile.
        """
        with self._database.writing() as connection:
            if not _get(connection, release.id).under_way:
                raise ConflictError(f"release {release.id} has ended", hint=f"drivetrain releases {release.endpoint}")
            kept = release if release.under_way else replace(release, ended_at=self._now())
            _write(connection, kept)
            if change is not None:
                self._carry_out(connection, kept, change)
            return kept

    def _carry_out(self, connection: sqlite3.Connection, release: Release, change: Change) -> None:
        if change.traffic is not None or change.mirror is not None:
            self._endpoints.change_split(connection, release.endpoint, change.traffic, change.mirror)
        data = {"release": release.id, "deployment": release.deployment, **change.data}
        by = f"release {release.id}"
        entry = HistoryEntry(0, self._now(), release.endpoint, change.kind, by, release.run_id, data)
        self._history.changed(connection, entry)

    def get(self, release_id: int) -> Release:
        """One of them. Raises NotFoundError."""
        with self._database.reading() as connection:
            return _get(connection, release_id)

    def under_way(self) -> Sequence[Release]:
        """Those that have not ended."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT data FROM releases WHERE under_way ORDER BY id")
            return [from_json(row["data"], Release) for row in rows]

    def of(self, endpoint: str, *, limit: int = 50) -> Sequence[Release]:
        """Those of one endpoint, the newest first."""
        query = "SELECT data FROM releases WHERE endpoint = ? ORDER BY id DESC LIMIT ?"
        with self._database.reading() as connection:
            return [from_json(row["data"], Release) for row in connection.execute(query, (endpoint, limit))]

    def _now(self) -> str:
        return timestamp(self._clock.now())


def _get(connection: sqlite3.Connection, release_id: int) -> Release:
    row = connection.execute("SELECT data FROM releases WHERE id = ?", (release_id,)).fetchone()
    if row is None:
        raise NotFoundError(f"there is no release {release_id}", hint="`drivetrain releases` lists them")
    return from_json(row["data"], Release)


def _write(connection: sqlite3.Connection, release: Release) -> None:
    update = "UPDATE releases SET data = ?, under_way = ? WHERE id = ?"
    connection.execute(update, (to_json(release), int(release.under_way), release.id))
