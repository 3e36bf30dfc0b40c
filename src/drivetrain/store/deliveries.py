"""Deliveries of webhooks in SQLite: kept before they are answered, each once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.json import decode, encode

from drivetrain.clock import SystemClock, timestamp
from drivetrain.errors import NotFoundError
from drivetrain.source.hosts.model import HostKind
from drivetrain.source.webhooks.model import Delivery, word_name
from drivetrain.store.database import transaction, translated
from drivetrain.store.source_events import EVENT_COLUMNS, event_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from drivetrain.clock import Clock
    from drivetrain.source.model import SourceEvent
    from drivetrain.store.database import Database

_SELECT = (
    "SELECT id, host, key, guid, event, headers, body, received_at, state, outcome, tries, handled_at FROM deliveries "
)
_LIST = _SELECT.replace("body", "x'' AS body")
"""Bodies may be large."""


class SqliteDeliveries:
    """The Deliveries port on SQLite; any thread may call it."""

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        self._database = database
        self._clock = clock or SystemClock()

    def keep(self, delivery: Delivery) -> int | None:
        """Keep it; None when it is there already, or its link is not."""
        row = (delivery.host, delivery.guid, delivery.event, encode(delivery.headers).decode(), delivery.body)
        with translated(self._database.path):
            connection = self._database.connections.get()
            with transaction(connection):
                found = connection.execute(
                    "INSERT INTO deliveries (project_id, key, host, guid, event, headers, body, received_at) "
                    "SELECT project_id, key, ?, ?, ?, ?, ?, ? FROM links WHERE key = ? "
                    "ON CONFLICT (key, guid) DO NOTHING RETURNING id",
                    (*row, timestamp(self._clock.now()), delivery.key),
                ).fetchone()
        return None if found is None else int(found["id"])

    def pending(self, limit: int = 16, after: int = 0) -> Sequence[Delivery]:
        """Those that wait, oldest first."""
        return self._read(_SELECT + "WHERE state = 'new' AND id > ? ORDER BY id LIMIT ?", after, limit)

    def finish(self, delivery_id: int, outcome: str, *, failed: bool = False) -> None:
        """It is done with."""
        self._write(
            "UPDATE deliveries SET state = ?, outcome = ?, tries = tries + 1, handled_at = ? WHERE id = ?",
            "failed" if failed else "done",
            outcome,
            timestamp(self._clock.now()),
            delivery_id,
        )

    def replay(self, delivery_id: int) -> Delivery:
        """It waits again. Raises NotFoundError."""
        found = self.get(delivery_id)
        self._write("UPDATE deliveries SET state = 'new' WHERE id = ?", delivery_id)
        return found

    def get(self, delivery_id: int) -> Delivery:
        """One of them. Raises NotFoundError."""
        found = self._read(_SELECT + "WHERE id = ?", delivery_id)
        if not found:
            raise NotFoundError(f"there is no delivery {delivery_id}", hint="drivetrain hooks list shows them")
        return found[0]

    def recent(self, project_id: int | None = None, limit: int = 50, state: str | None = None) -> Sequence[Delivery]:
        """The newest first, without their bodies; of one project's repository or all, in one state or any."""
        where = (
            "WHERE (?1 IS NULL OR key IN (SELECT theirs.key FROM links AS ours JOIN links AS theirs "
            "USING (host, repository) WHERE ours.project_id = ?1)) AND (?2 IS NULL OR state = ?2) "
            "ORDER BY id DESC LIMIT ?3"
        )
        return self._read(_LIST + where, project_id, state, limit)

    def events(self, delivery_id: int) -> Sequence[SourceEvent]:
        """The pushes that a delivery has told of, as they were taken in."""
        first = word_name(delivery_id, "")
        query = f"SELECT {EVENT_COLUMNS} FROM source_events WHERE once >= ? AND once < ?"  # noqa: S608 - a constant
        with translated(self._database.path):
            rows = self._database.connections.get().execute(query, (first, f"{first}:"))  # a colon follows on digits
            return [event_of(row) for row in rows]

    def sweep(self, before: str) -> int:
        """Forget old ones that do not wait."""
        return self._write("DELETE FROM deliveries WHERE received_at < ? AND state <> 'new'", before)

    def _read(self, query: str, *values: object) -> list[Delivery]:
        with translated(self._database.path):
            return [_delivery(row) for row in self._database.connections.get().execute(query, values)]

    def _write(self, statement: str, *values: object) -> int:
        with translated(self._database.path):
            connection = self._database.connections.get()
            with transaction(connection):
                return connection.execute(statement, values).rowcount


def _delivery(row: sqlite3.Row) -> Delivery:
    return Delivery(
        id=row["id"],
        host=HostKind(row["host"]),
        key=row["key"],
        guid=row["guid"],
        event=row["event"],
        headers=decode(row["headers"], type=dict[str, str]),
        body=row["body"],
        received_at=row["received_at"],
        state=row["state"],
        outcome=row["outcome"],
        tries=row["tries"],
        handled_at=row["handled_at"],
    )
