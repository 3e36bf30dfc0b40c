"""Workspaces in SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.clock import SystemClock, timestamp
from drivetrain.errors import NotFoundError
from drivetrain.registry.model import Workspace
from drivetrain.store.rows import plain_json, to_json

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from drivetrain.clock import Clock
    from drivetrain.store.database import Database

_PLACE = "subscription = ? AND resource_group = ? AND name = ?"


class SqliteWorkspaces:
    """The Workspaces port on SQLite."""

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        """Nothing is opened before the first call."""
        self._database = database
        self._clock = clock or SystemClock()

    def get(self, subscription: str, resource_group: str, name: str) -> Workspace:
        """One workspace. Raises NotFoundError."""
        with self._database.reading() as connection:
            return _get(connection, subscription, resource_group, name)

    def put(self, workspace: Workspace) -> Workspace:
        """Make it, or change the body of the one that is there."""
        row = (
            workspace.id,
            workspace.subscription,
            workspace.resource_group,
            workspace.name,
            workspace.project,
            to_json(workspace.body),
            timestamp(self._clock.now()),
            workspace.created_by,
        )
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO workspaces VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (subscription, resource_group, name) DO UPDATE SET body = excluded.body",
                row,
            )
            return _get(connection, workspace.subscription, workspace.resource_group, workspace.name)

    def all(self) -> Sequence[Workspace]:
        """Every workspace, by name."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT * FROM workspaces ORDER BY name, resource_group, subscription")
            return [_workspace(row) for row in rows]

    def delete(self, workspace_id: str) -> None:
        """Forget it and its assets. Raises NotFoundError."""
        with self._database.writing() as connection:
            if not connection.execute("DELETE FROM workspaces WHERE id = ?", (workspace_id,)).rowcount:
                raise NotFoundError(f"there is no workspace with the id {workspace_id}")


def _get(connection: sqlite3.Connection, subscription: str, resource_group: str, name: str) -> Workspace:
    place = (subscription, resource_group, name)
    row = connection.execute(f"SELECT * FROM workspaces WHERE {_PLACE}", place).fetchone()  # noqa: S608 - a constant
    if row is None:
        raise NotFoundError(f"there is no workspace '{name}' in the resource group '{resource_group}'")
    return _workspace(row)


def _workspace(row: sqlite3.Row) -> Workspace:
    return Workspace(
        id=row["id"],
        subscription=row["subscription"],
        resource_group=row["resource_group"],
        name=row["name"],
        project=row["project"],
        body=plain_json(row["body"]),
        created_at=row["created_at"],
        created_by=row["created_by"],
    )
