"""Pull requests as they were last heard of, in SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.json import decode, encode

from drivetrain.clock import SystemClock, timestamp
from drivetrain.source.events import KnownPullRequest, PullRequest
from drivetrain.store.database import transaction, translated

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from drivetrain.clock import Clock
    from drivetrain.store.database import Database

_SELECT = "SELECT data, changed_at FROM pull_requests WHERE project_id = ? AND "


class SqlitePullRequests:
    """The PullRequests port on SQLite; any thread may call it."""

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        self._database = database
        self._clock = clock or SystemClock()

    def get(self, project_id: int, number: int) -> KnownPullRequest | None:
        """The pull request, None when nothing was ever heard of it."""
        found = self._read(_SELECT + "number = ?", project_id, number)
        return found[0] if found else None

    def put(self, project_id: int, known: KnownPullRequest) -> None:
        """Keep it in place of what was known."""
        told, now = known.pull_request, timestamp(self._clock.now())
        with translated(self._database.path):
            connection = self._database.connections.get()
            with transaction(connection):
                connection.execute(
                    "INSERT OR REPLACE INTO pull_requests "
                    "(project_id, number, state, head_sha, data, changed_at, seen_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (project_id, told.number, told.state, told.head_sha, encode(told).decode(), known.changed_at, now),
                )

    def open(self, project_id: int) -> Sequence[KnownPullRequest]:
        """Those that are neither closed nor merged, by number."""
        return self._read(_SELECT + "state = 'open' ORDER BY number", project_id)

    def _read(self, query: str, *values: object) -> list[KnownPullRequest]:
        with translated(self._database.path):
            return [_known(row) for row in self._database.connections.get().execute(query, values)]


def _known(row: sqlite3.Row) -> KnownPullRequest:
    return KnownPullRequest(decode(row["data"], type=PullRequest), row["changed_at"])
