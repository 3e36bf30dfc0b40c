"""What was posted to webhooks that pipelines name, in SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.clock import SystemClock, timestamp
from drivetrain.errors import NotFoundError
from drivetrain.source.webhooks.model import Post

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from drivetrain.clock import Clock
    from drivetrain.store.database import Database

POST = "INSERT INTO webhook_posts (webhook, connection, received_at, payload, looked_at) VALUES (?, ?, ?, ?, '')"
KEPT = 1000
"""How many of those that were looked at are kept."""


class SqliteWebhookPosts:
    """The WebhookPosts port on SQLite; any thread may call it."""

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        """Nothing is opened before the first call."""
        self._database = database
        self._clock = clock or SystemClock()

    def add(self, webhook: str, connection: str, payload: str) -> int:
        """Keep it."""
        row = (webhook, connection, timestamp(self._clock.now()), payload)
        with self._database.writing() as open_:
            return int(open_.execute(POST, row).lastrowid or 0)

    def pending(self, limit: int = 100) -> Sequence[Post]:
        """Those that were not looked at, oldest first."""
        query = "SELECT * FROM webhook_posts WHERE looked_at = '' ORDER BY id LIMIT ?"
        with self._database.reading() as open_:
            return [_post(row) for row in open_.execute(query, (limit,))]

    def done(self, post: int) -> None:
        """It was looked at."""
        now = timestamp(self._clock.now())
        with self._database.writing() as open_:
            open_.execute("UPDATE webhook_posts SET looked_at = ? WHERE id = ?", (now, post))
            open_.execute("DELETE FROM webhook_posts WHERE looked_at <> '' AND id <= ?", (post - KEPT,))

    def get(self, post: int) -> Post:
        """One of them. Raises NotFoundError."""
        with self._database.reading() as open_:
            row = open_.execute("SELECT * FROM webhook_posts WHERE id = ?", (post,)).fetchone()
        if row is None:
            raise NotFoundError(f"post {post} to a webhook is kept no more")
        return _post(row)


def _post(row: sqlite3.Row) -> Post:
    return Post(row["id"], row["webhook"], row["connection"], row["payload"])
