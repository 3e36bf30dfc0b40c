"""Who has had which alias, in SQLite; the event of a promotion is written with it."""

from __future__ import annotations

import fcntl
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.clock import SystemClock, timestamp
from drivetrain.registry.versions.model import Note, Promotion
from drivetrain.source.webhooks.model import MODELS
from drivetrain.store.webhook_posts import POST

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from drivetrain.clock import Clock
    from drivetrain.store.database import Database

FORGET = "DELETE FROM registry_notes WHERE id = ?"


class SqlitePromotions:
    """The PromotionRows port on SQLite; any thread, of any process, may call it."""

    def __init__(self, database: Database, lock: Path, clock: Clock | None = None) -> None:
        """`lock` is a file: whoever holds it decides."""
        self._database = database
        self._lock = lock
        self._clock = clock or SystemClock()

    @contextmanager
    def deciding(self) -> Iterator[None]:
        """Nobody else sets or compares aliases meanwhile."""
        self._lock.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._lock.open("wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def aliases(self) -> Mapping[tuple[str, str], str]:
        """As they were seen last."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT name, alias, version FROM model_aliases")
            return {(row["name"], row["alias"]): row["version"] for row in rows}

    def note(self, note: Note) -> int:
        """Somebody is about to do this."""
        row = (
            timestamp(self._clock.now()),
            note.name,
            note.alias,
            note.version,
            note.by,
            note.run_id,
            note.reason,
        )
        with self._database.writing() as connection:
            made = connection.execute(
                "INSERT INTO registry_notes (at, name, alias, version, by, run_id, reason) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                row,
            )
        return int(made.lastrowid or 0)

    def notes(self, name: str, alias: str) -> Sequence[Note]:
        """The oldest first."""
        query = "SELECT * FROM registry_notes WHERE name = ? AND alias = ? ORDER BY id"
        with self._database.reading() as connection:
            return tuple(_note(row) for row in connection.execute(query, (name, alias)))

    def forget(self, notes: Sequence[int]) -> None:
        """They have come true, or never will."""
        with self._database.writing() as connection:
            connection.executemany(FORGET, [(each,) for each in notes])

    def take_first_look(self) -> int | None:
        """When this was first kept, to the first who asks."""
        with self._database.writing() as connection:
            row = connection.execute("SELECT since_ms, looked FROM registry_since").fetchone()
            connection.execute("UPDATE registry_since SET looked = 1")
        return None if row["looked"] else int(row["since_ms"])

    def add(self, promotion: Promotion, event: Mapping[str, object] | None, *, notes: Sequence[int] = ()) -> Promotion:
        """Keep it, what it has changed, and its event, and forget the notes, in one transaction."""
        now = timestamp(self._clock.now())
        with self._database.writing() as connection:
            made = connection.execute(
                "INSERT INTO promotions (at, model, alias, version, before, by, run_id, reason) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    now,
                    promotion.model,
                    promotion.alias,
                    promotion.version,
                    promotion.before,
                    promotion.by,
                    promotion.run_id,
                    promotion.reason,
                ),
            )
            _see(connection, promotion)
            connection.executemany(FORGET, [(each,) for each in notes])
            if event is not None:
                connection.execute(
                    POST,
                    (MODELS, "", now, json.dumps({**event, "promotion": made.lastrowid})),
                )
        return replace(promotion, id=int(made.lastrowid or 0), at=now)

    def promotions(self, name: str = "", *, limit: int = 200) -> Sequence[Promotion]:
        """The newest first."""
        query = "SELECT * FROM promotions WHERE ? IN ('', model) ORDER BY id DESC LIMIT ?"
        with self._database.reading() as connection:
            return tuple(_promotion(row) for row in connection.execute(query, (name, limit)))


def _see(connection: sqlite3.Connection, promotion: Promotion) -> None:
    key = (promotion.model, promotion.alias)
    if promotion.version:
        connection.execute("INSERT OR REPLACE INTO model_aliases VALUES (?, ?, ?)", (*key, promotion.version))
    else:
        connection.execute("DELETE FROM model_aliases WHERE name = ? AND alias = ?", key)


def _note(row: sqlite3.Row) -> Note:
    return Note(row["name"], row["alias"], row["version"], row["by"], row["run_id"], row["reason"], row["id"])


def _promotion(row: sqlite3.Row) -> Promotion:
    return Promotion(
        row["id"],
        row["at"],
        row["model"],
        row["alias"],
        row["version"],
        row["before"],
        row["by"],
        row["run_id"],
        row["reason"],
    )
