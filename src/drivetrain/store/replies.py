"""Answers to comments, in SQLite, until the host has taken them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.clock import SystemClock, timestamp
from drivetrain.source.webhooks.model import Reply
from drivetrain.store.database import transaction, translated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.clock import Clock
    from drivetrain.store.database import Database


class SqliteReplies:
    """The Replies port on SQLite; any thread may call it."""

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        self._database = database
        self._clock = clock or SystemClock()

    def say(self, project_id: int, number: int, text: str, once: str) -> bool:
        """Have a comment written, unless one was ever under that key."""
        with translated(self._database.path):
            connection = self._database.connections.get()
            with transaction(connection):
                made = connection.execute(
                    "INSERT INTO replies (project_id, number, text, once) VALUES (?, ?, ?, ?) "
                    "ON CONFLICT (once) DO NOTHING RETURNING id",
                    (project_id, number, text, once),
                ).fetchone()
        return made is not None

    def waiting(self, limit: int = 100) -> Sequence[Reply]:
        """Those that no host has taken yet, oldest first."""
        query = "SELECT id, project_id, number, text, once FROM replies WHERE told_at = '' ORDER BY id LIMIT ?"
        with translated(self._database.path):
            return [Reply(*row) for row in self._database.connections.get().execute(query, (limit,))]

    def told(self, reply_id: int) -> None:
        """The host has it."""
        now = timestamp(self._clock.now())
        with translated(self._database.path):
            connection = self._database.connections.get()
            with transaction(connection):
                connection.execute("UPDATE replies SET told_at = ? WHERE id = ?", (now, reply_id))
