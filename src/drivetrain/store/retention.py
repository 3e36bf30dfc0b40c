"""Leases on runs, and what is being removed: marked first, so that a crash in the middle is taken up again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from drivetrain.clock import SystemClock, timestamp
from drivetrain.errors import ConflictError, NotFoundError
from drivetrain.record.retention.model import Lease, Past, What
from drivetrain.run.model import Artifact
from drivetrain.store.reports import drop_unused_tests
from drivetrain.store.rows import from_json, to_json

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from drivetrain.clock import Clock
    from drivetrain.record.retention.model import Fate
    from drivetrain.store.database import Database

_LEASED = "EXISTS (SELECT 1 FROM leases WHERE leases.run_id = runs.id AND (until = '' OR until > :now))"
_GOING = "EXISTS (SELECT 1 FROM removals WHERE removals.run_id = runs.id AND what IN ('run', 'artifacts'))"


class Mark(Struct, frozen=True):
    """Something that is being removed."""

    run_id: int
    what: What
    why: str


class SqliteRetention:
    """Any thread may call it; every call is one transaction."""

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        """Nothing is opened before the first call."""
        self._database = database
        self._clock = clock or SystemClock()

    def _now(self) -> str:
        return timestamp(self._clock.now())

    def keep(self, run_id: int, *, reason: str, by: str, days: int = 0) -> Lease:
        """Keep a run whatever the rules say, for so many days or, with 0, for ever. Raises NotFoundError, ConflictError
        when it is being removed.
        """
        now = self._clock.now()
        lease = Lease(0, run_id, reason, by, timestamp(now), timestamp(now + timedelta(days=days)) if days else "")
        with self._database.writing() as connection:
            row = connection.execute(f"SELECT {_GOING} AS going FROM runs WHERE id = ?", (run_id,)).fetchone()  # noqa: S608
            if row is None:
                raise NotFoundError(f"there is no run {run_id}", hint="drivetrain runs")
            if row["going"]:
                raise ConflictError(f"run {run_id} is being removed", hint="it cannot be kept any more")
            cursor = connection.execute(
                "INSERT INTO leases (run_id, reason, kept_by, created_at, until) VALUES (?, ?, ?, ?, ?)",
                (run_id, reason, by, lease.created_at, lease.until),
            )
        return replace(lease, id=int(cursor.lastrowid or 0))

    def unkeep(self, run_id: int) -> int:
        """Take all leases of a run away; how many there were."""
        with self._database.writing() as connection:
            return connection.execute("DELETE FROM leases WHERE run_id = ?", (run_id,)).rowcount

    def commits(self) -> frozenset[str]:
        """Every commit that a run was made of, also those of other repositories, or that an event waits with."""
        statement = (
            "SELECT commit_sha AS sha FROM runs UNION SELECT new_sha FROM source_events WHERE state = 'new' "
            "UNION SELECT json_extract(each.value, '$.version') "
            "FROM runs, json_each(CAST(runs.plan AS TEXT), '$.repositories') AS each WHERE runs.plan IS NOT NULL"
        )
        with self._database.reading() as connection:
            rows = connection.execute(statement).fetchall()
        return frozenset(row["sha"] for row in rows if row["sha"])

    def leases(self, run_id: int) -> Sequence[Lease]:
        """The leases of a run that have not run out, oldest first."""
        return [lease for lease in self.every_lease() if lease.run_id == run_id]

    def every_lease(self) -> Sequence[Lease]:
        """All leases that have not run out, oldest first."""
        statement = (
            "SELECT id, run_id, reason, kept_by, created_at, until FROM leases "
            "WHERE until = '' OR until > ? ORDER BY id"
        )
        with self._database.reading() as connection:
            return [Lease(*row) for row in connection.execute(statement, (self._now(),))]

    def end_lease(self, lease_id: int) -> None:
        """Take one lease away. Raises NotFoundError."""
        with self._database.writing() as connection:
            gone = connection.execute("DELETE FROM leases WHERE id = ?", (lease_id,)).rowcount
        if not gone:
            raise NotFoundError(f"there is no lease {lease_id}", hint="drivetrain retention")

    def past(self) -> Sequence[Past]:
        """Every completed run that is not being removed, oldest first."""
        statement = (
            "SELECT runs.id, number, pipeline, runs.branch, reason, finished_at, "  # noqa: S608 - our own words
            "COALESCE('refs/heads/' || projects.branch, '') AS default_branch, "
            f"{_LEASED} AS leased, EXISTS (SELECT 1 FROM artifacts WHERE artifacts.run_id = runs.id "
            "AND COALESCE(json_extract(data, '$.removed_at'), '') = '' "
            "AND COALESCE(json_extract(data, '$.location'), '') = '') AS artifacts "
            "FROM runs LEFT JOIN projects ON projects.id = runs.project_id WHERE state = 'completed' "
            "AND finished_at <> '' AND runs.id NOT IN (SELECT run_id FROM removals WHERE what = 'run') ORDER BY runs.id"
        )
        with self._database.reading() as connection:
            rows = connection.execute(statement, {"now": self._now()})
            return [_past(row) for row in rows]

    def mark(self, fates: Sequence[Fate]) -> None:
        """What is to be removed, from now on for good. A run that goes on again, or that somebody keeps meanwhile, is
        left as it is; of such a one only work folders go.
        """
        statement = (
            "INSERT OR IGNORE INTO removals (run_id, what, why, marked_at) SELECT id, :what, :why, :now FROM runs "  # noqa: S608
            f"WHERE id = :id AND state = 'completed' AND (:what = 'work' OR NOT {_LEASED})"
        )
        now = self._now()
        with self._database.writing() as connection:
            for fate in fates:
                connection.execute(statement, {"id": fate.run.id, "what": str(fate.what), "why": fate.why, "now": now})

    def marked(self) -> Sequence[Mark]:
        """All that is being removed, whole runs last."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT run_id, what, why FROM removals ORDER BY what = 'run', run_id")
            return [Mark(row["run_id"], What(row["what"]), row["why"]) for row in rows]

    def removed(self, mark: Mark) -> None:
        """Its folders are gone: now its rows go."""
        with self._database.writing() as connection:
            if mark.what is What.RUN:
                connection.execute("DELETE FROM runs WHERE id = ? AND state = 'completed'", (mark.run_id,))
                drop_unused_tests(connection)
            elif mark.what is What.ARTIFACTS:
                _note_removed(connection, mark.run_id, self._now())
            what = "%" if mark.what is What.RUN else str(mark.what)
            connection.execute("DELETE FROM removals WHERE run_id = ? AND what LIKE ?", (mark.run_id, what))


def _past(row: sqlite3.Row) -> Past:
    values = dict(row)
    return Past(**{**values, "leased": bool(values["leased"]), "artifacts": bool(values["artifacts"])})


def _note_removed(connection: sqlite3.Connection, run_id: int, now: str) -> None:
    for name, artifact in list(_artifacts(connection, run_id)):
        gone = to_json(replace(artifact, removed_at=now))
        connection.execute("UPDATE artifacts SET data = ? WHERE run_id = ? AND name = ?", (gone, run_id, name))


def _artifacts(connection: sqlite3.Connection, run_id: int) -> Iterator[tuple[str, Artifact]]:
    for row in connection.execute("SELECT name, data FROM artifacts WHERE run_id = ?", (run_id,)):
        yield row["name"], from_json(row["data"], Artifact)
