"""Exclusive locks, inside of a transaction that somebody else holds.

A lock is never given back by a clock. Its row counts while its run is not completed and its attempt at the stage has
not ended, which the run's own rows say: whoever is killed, and whenever, what he held is free when they say so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.run.checks.model import LockAnswer, LockState

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from drivetrain.run.checks.model import Resource
    from drivetrain.run.model import Run

_FORGET = (
    "DELETE FROM locks WHERE NOT EXISTS (SELECT 1 FROM runs WHERE id = run_id AND state <> 'completed') OR EXISTS ("
    "SELECT 1 FROM stages WHERE stages.run_id = locks.run_id AND stages.name = locks.stage AND ("
    "json_extract(data, '$.attempt') > attempt OR "
    "(json_extract(data, '$.attempt') = attempt AND json_extract(data, '$.state') = 'completed')))"
)
_LOCK = "(project, kind, name) = (:project, :kind, :name)"
_MINE = "(run_id, stage, attempt) = (:run, :stage, :attempt)"
_ASK = (
    "INSERT OR IGNORE INTO locks (project, kind, name, run_id, stage, attempt, pipeline, latest, state) "
    "VALUES (:project, :kind, :name, :run, :stage, :attempt, :pipeline, :latest, 'waiting')"
)
_GIVE_UP = (
    f"UPDATE locks SET state = 'superseded' WHERE {_LOCK} AND pipeline = :pipeline AND run_id < :run "  # noqa: S608
    "AND latest AND state = 'waiting'"
)
_NEWER = (
    f"SELECT run_id, stage FROM locks WHERE {_LOCK} AND pipeline = :pipeline AND run_id > :run "  # noqa: S608
    "AND latest AND state = 'waiting' ORDER BY run_id DESC"
)
_BEFORE = (
    f"SELECT run_id, stage FROM locks WHERE {_LOCK} AND NOT {_MINE} AND (state = 'held' OR (state = 'waiting' "  # noqa: S608
    f"AND id < (SELECT id FROM locks WHERE {_LOCK} AND {_MINE}))) ORDER BY state LIMIT 1"
)


class Locks:
    """The `locks` table."""

    def lock(
        self,
        connection: sqlite3.Connection,
        run: Run,
        stage: str,
        attempt: int,
        resources: Sequence[Resource],
        *,
        latest: bool,
    ) -> LockAnswer:
        """Ask for all of them at once. All are given or none, and nobody is given one before those that asked for it
        earlier: so there is no circle of waiting, and nobody waits for ever.
        """
        connection.execute(_FORGET)
        pipeline = f"{run.project}/{run.pipeline}/{run.file}"
        mine = {"run": run.id, "stage": stage, "attempt": attempt, "pipeline": pipeline, "latest": latest}
        asked = [
            {**mine, "project": each.project, "kind": each.kind, "name": each.name} for each in sorted(set(resources))
        ]
        for each in asked:
            connection.execute(_ASK, each)
        if latest and (newer := _superseded(connection, asked)):
            return newer
        for each in asked:
            row = connection.execute(_BEFORE, each).fetchone()
            if row is not None:
                return LockAnswer(LockState.WAITING, row["run_id"], row["stage"])
        connection.execute(f"UPDATE locks SET state = 'held' WHERE {_MINE}", mine)  # noqa: S608 - own text
        return LockAnswer(LockState.HELD, run.id, stage)

    def unlock(
        self, connection: sqlite3.Connection, run_id: int, stage: str, attempt: int, *, waiting_only: bool = False
    ) -> None:
        """Give locks back, and the place in the line for them."""
        only = " AND state = 'waiting'" if waiting_only else ""
        place = {"run": run_id, "stage": stage, "attempt": attempt}
        connection.execute(f"DELETE FROM locks WHERE {_MINE}{only}", place)  # noqa: S608 - own text


def _superseded(connection: sqlite3.Connection, asked: Sequence[dict[str, object]]) -> LockAnswer | None:
    """Older runs of the pipeline that wait give up; so does this one when a newer one waits, or has made it give up."""
    for each in asked:
        held = connection.execute(f"SELECT state FROM locks WHERE {_LOCK} AND {_MINE}", each).fetchone()  # noqa: S608
        if held is not None and held["state"] == LockState.HELD:
            return None
        newer = connection.execute(_NEWER, each).fetchone()
        if newer is not None or (held is not None and held["state"] == LockState.SUPERSEDED):
            connection.execute(f"UPDATE locks SET state = 'superseded' WHERE {_MINE}", each)  # noqa: S608
            found = newer or connection.execute(_LATEST, each).fetchone()
            return LockAnswer(LockState.SUPERSEDED, found["run_id"] if found else 0, found["stage"] if found else "")
    for each in asked:
        connection.execute(_GIVE_UP, each)
    return None


_LATEST = (
    f"SELECT run_id, stage FROM locks WHERE {_LOCK} AND pipeline = :pipeline AND run_id > :run ORDER BY run_id DESC"  # noqa: S608
)
