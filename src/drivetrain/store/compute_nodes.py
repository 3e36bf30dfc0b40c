"""Who has the nodes of computes, in SQLite. As with exclusive locks, no clock gives anything back."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drivetrain.store.database import Database

_FORGET = (
    "DELETE FROM compute_nodes WHERE compute = ? AND (NOT EXISTS ("
    "SELECT 1 FROM runs WHERE id = run_id AND state <> 'completed') OR EXISTS ("
    "SELECT 1 FROM stages WHERE stages.run_id = compute_nodes.run_id AND stages.name = compute_nodes.stage AND ("
    "json_extract(data, '$.attempt') > attempt OR "
    "(json_extract(data, '$.attempt') = attempt AND json_extract(data, '$.state') = 'completed'))))"
)
_MINE = "run_id = ? AND stage = ? AND attempt = ?"
_BEFORE = (
    "SELECT COUNT(*) FROM compute_nodes WHERE compute = ? AND (held OR id < ("  # noqa: S608 - own text
    f"SELECT id FROM compute_nodes WHERE {_MINE})) AND NOT ({_MINE})"
)


class SqliteComputeNodes:
    """The ComputeNodes port on SQLite."""

    def __init__(self, database: Database) -> None:
        """Nothing is opened before the first call."""
        self._database = database

    def holds(self, run_id: int, stage: str, attempt: int) -> bool:
        """Whether this attempt at a stage has a node."""
        with self._database.reading() as connection:
            text = f"SELECT 1 FROM compute_nodes WHERE {_MINE} AND held"  # noqa: S608 - own text
            return connection.execute(text, (run_id, stage, attempt)).fetchone() is not None

    def take(self, compute: str, place: tuple[int, str, int], capacity: int) -> bool:
        """Ask for a node: whether it has one now."""
        with self._database.writing() as connection:
            connection.execute(_FORGET, (compute,))
            connection.execute(
                "INSERT OR IGNORE INTO compute_nodes (compute, run_id, stage, attempt, held) VALUES (?, ?, ?, ?, 0)",
                (compute, *place),
            )
            before = connection.execute(_BEFORE, (compute, *place, *place)).fetchone()[0]
            if before >= capacity:
                return False
            connection.execute(f"UPDATE compute_nodes SET held = 1 WHERE {_MINE}", place)  # noqa: S608 - own text
            return True

    def release(self, run_id: int, stage: str, attempt: int) -> None:
        """Give it back, or the place in the line for it."""
        with self._database.writing() as connection:
            connection.execute(f"DELETE FROM compute_nodes WHERE {_MINE}", (run_id, stage, attempt))  # noqa: S608 - own text
