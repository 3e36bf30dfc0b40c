"""Refs and source events in SQLite: where "the same push never makes two events" is kept."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from msgspec.json import decode, encode

from drivetrain.clock import SystemClock, timestamp
from drivetrain.source.events import Cause
from drivetrain.source.model import Reason, RefUpdate, SourceEvent
from drivetrain.store.database import transaction, translated

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping, Sequence

    from drivetrain.clock import Clock
    from drivetrain.store.database import Database

EVENT_COLUMNS = "id, project_id, reason, ref, old_sha, new_sha, state, outcome, run_id, received_at, cause, once"


class SqliteSourceEvents:
    """The tables `refs` and `source_events`; any thread may call it."""

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        self._database = database
        self._connections = database.connections
        self._clock = clock or SystemClock()

    def close(self) -> None:
        """Close this thread's connection."""
        self._connections.close()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with translated(self._database.path):
            yield self._connections.get()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._reading() as connection, transaction(connection):
            yield connection

    def position(self, project_id: int, ref: str) -> str:
        """Where the ref was last seen, empty when it was not there."""
        with self._reading() as connection:
            return _position(connection, project_id, ref)

    def positions(self, project_id: int) -> Mapping[str, str]:
        """Every ref of the project with where it was last seen."""
        with self._reading() as connection:
            rows = connection.execute("SELECT ref, sha FROM refs WHERE project_id = ?", (project_id,))
            return {row["ref"]: row["sha"] for row in rows}

    def ingest(self, update: RefUpdate, reason: Reason, once: str | None = None) -> int | None:
        """Compare and swap the ref's position, and insert the event, in one transaction."""
        old, new = update.old_sha.strip("0") and update.old_sha, update.new_sha.strip("0") and update.new_sha
        now = timestamp(self._clock.now())
        with self._writing() as connection:
            if old == new or _position(connection, update.project_id, update.ref) != old:
                return None
            if _is_removed(connection, update.project_id) or _was_taken(connection, once):
                return None
            _move(connection, update.project_id, update.ref, new, now)
            row = connection.execute(
                "INSERT INTO source_events (project_id, reason, ref, old_sha, new_sha, received_at, once) "
                "VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
                (update.project_id, reason, update.ref, old, new, now, once),
            ).fetchone()
        return int(row["id"])

    def add(self, update: RefUpdate, reason: Reason, cause: Cause, once: str) -> int | None:
        """Take in what is no push, at most once under a key."""
        now = timestamp(self._clock.now())
        with self._writing() as connection:
            if _is_removed(connection, update.project_id):
                return None
            row = connection.execute(
                "INSERT INTO source_events (project_id, reason, ref, old_sha, new_sha, received_at, cause, once) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id",
                (
                    update.project_id,
                    reason,
                    update.ref,
                    update.old_sha,
                    update.new_sha,
                    now,
                    encode(cause).decode(),
                    once,
                ),
            ).fetchone()
        return None if row is None else int(row["id"])

    def get(self, event_id: int) -> SourceEvent | None:
        """The event, waiting or not."""
        query = f"SELECT {EVENT_COLUMNS} FROM source_events WHERE id = ?"  # noqa: S608 - a constant
        with self._reading() as connection:
            row = connection.execute(query, (event_id,)).fetchone()
        return event_of(row) if row else None

    def of_commit(self, project_id: int, sha: str) -> Sequence[SourceEvent]:
        """The events that brought a ref to this commit, oldest first."""
        query = f"SELECT {EVENT_COLUMNS} FROM source_events WHERE project_id = ? AND new_sha = ? ORDER BY id"  # noqa: S608 - a constant
        with self._reading() as connection:
            return tuple(event_of(row) for row in connection.execute(query, (project_id, sha)))

    def forget(self, project_id: int, ref: str) -> None:
        """The ref counts as never seen."""
        with self._writing() as connection:
            connection.execute("DELETE FROM refs WHERE project_id = ? AND ref = ?", (project_id, ref))

    def pending(self, limit: int = 1000) -> Sequence[SourceEvent]:
        """Events that wait, oldest first."""
        query = f"SELECT {EVENT_COLUMNS} FROM source_events WHERE state = 'new' ORDER BY id LIMIT ?"  # noqa: S608 - a constant
        with self._reading() as connection:
            return tuple(event_of(row) for row in connection.execute(query, (limit,)))

    def finish(self, event_id: int, run_id: int | None, outcome: str) -> None:
        """The event is done with; this came of it. A second time changes nothing."""
        with self._writing() as connection:
            connection.execute(
                "UPDATE source_events SET state = 'done', run_id = ?, outcome = ?, handled_at = ? "
                "WHERE id = ? AND state = 'new'",
                (run_id, outcome, timestamp(self._clock.now()), event_id),
            )

    def recent(self, project_id: int, limit: int = 50) -> Sequence[SourceEvent]:
        """What has happened lately, newest first."""
        query = f"SELECT {EVENT_COLUMNS} FROM source_events WHERE project_id = ? ORDER BY id DESC LIMIT ?"  # noqa: S608 - a constant
        with self._reading() as connection:
            return tuple(event_of(row) for row in connection.execute(query, (project_id, limit)))


def _is_removed(connection: sqlite3.Connection, project_id: int) -> bool:
    query = "SELECT 1 FROM projects WHERE id = ? AND removed_at IS NOT NULL"
    return connection.execute(query, (project_id,)).fetchone() is not None


def _was_taken(connection: sqlite3.Connection, once: str | None) -> bool:
    query = "SELECT 1 FROM source_events WHERE once = ?"
    return once is not None and connection.execute(query, (once,)).fetchone() is not None


def _position(connection: sqlite3.Connection, project_id: int, ref: str) -> str:
    row = connection.execute("SELECT sha FROM refs WHERE project_id = ? AND ref = ?", (project_id, ref)).fetchone()
    return str(row["sha"]) if row else ""


def _move(connection: sqlite3.Connection, project_id: int, ref: str, new: str, now: str) -> None:
    if not new:
        connection.execute("DELETE FROM refs WHERE project_id = ? AND ref = ?", (project_id, ref))
        return
    connection.execute(
        "INSERT INTO refs (project_id, ref, sha, seen_at) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (project_id, ref) DO UPDATE SET sha = excluded.sha, seen_at = excluded.seen_at",
        (project_id, ref, new, now),
    )


def event_of(row: sqlite3.Row) -> SourceEvent:
    """A row of EVENT_COLUMNS."""
    update = RefUpdate(row["project_id"], row["ref"], row["old_sha"], row["new_sha"])
    return SourceEvent(
        id=row["id"],
        update=update,
        reason=Reason(row["reason"]),
        received_at=row["received_at"],
        state=row["state"],
        outcome=row["outcome"],
        run_id=row["run_id"],
        cause=decode(row["cause"], type=Cause) if row["cause"] else None,
        once=row["once"] or "",
    )
