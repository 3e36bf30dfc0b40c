"""Tokens of jobs: what a job shows to reach this server. Only their SHA-256 is kept."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from drivetrain.clock import SystemClock, timestamp
from drivetrain.ids import RandomIds
from drivetrain.run.model import JobRef

if TYPE_CHECKING:
    import sqlite3

    from drivetrain.clock import Clock
    from drivetrain.ids import Ids
    from drivetrain.store.database import Database

_LOOKUP = """
SELECT run_id, stage, job, leg, attempt FROM job_tokens AS token WHERE hash = ? AND NOT EXISTS (
    SELECT 1 FROM jobs WHERE jobs.run_id = token.run_id AND jobs.stage = token.stage AND jobs.job = token.job
    AND jobs.leg = token.leg AND jobs.attempt = token.attempt AND jobs.state = 'completed'
)
"""


class SqliteTokenStore:
    """The TokenStore port on SQLite. Any thread may call it."""

    def __init__(self, database: Database, ids: Ids | None = None, clock: Clock | None = None) -> None:
        self._database = database
        self._ids = ids or RandomIds()
        self._clock = clock or SystemClock()

    def issue(self, run_id: int, job: JobRef, attempt: int) -> str:
        """A new token for a job attempt; those issued before stay good."""
        token = self._ids.token()
        row = (_hash(token), run_id, job.stage, job.job, job.leg, attempt, timestamp(self._clock.now()))
        with self._database.writing() as connection:
            connection.execute("INSERT INTO job_tokens VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        return token

    def revoke(self, run_id: int, job: JobRef, attempt: int) -> None:
        """The tokens of a job attempt no longer open anything."""
        with self._database.writing() as connection:
            connection.execute(
                "DELETE FROM job_tokens WHERE run_id = ? AND stage = ? AND job = ? AND leg = ? AND attempt = ?",
                (run_id, job.stage, job.job, job.leg, attempt),
            )

    def lookup(self, token: str) -> tuple[int, JobRef, int] | None:
        """Whose token it is: run, job, attempt; None when it is nobody's, or of a job that has ended.

        That a job has ended is looked up, because a server may be killed between writing it and `revoke`. The
        database compares hashes, so how long it takes says nothing about any token.
        """
        row = self._row(_hash(token))
        return None if row is None else (row["run_id"], JobRef(row["stage"], row["job"], row["leg"]), row["attempt"])

    def lives(self, digest: str) -> bool:
        """Whether a token with this SHA-256 is that of a job that has not ended."""
        return self._row(digest) is not None

    def _row(self, digest: str) -> sqlite3.Row | None:
        with self._database.reading() as connection:
            row: sqlite3.Row | None = connection.execute(_LOOKUP, (digest,)).fetchone()
        return row


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
