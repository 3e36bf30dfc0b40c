"""Environments in SQLite; deployments are written by `store/deployments.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.clock import SystemClock, timestamp
from drivetrain.errors import ConflictError, NotFoundError, UserError
from drivetrain.plan.model import ResourceKind
from drivetrain.run.deployments.model import Deployment, Environment, EnvironmentResource
from drivetrain.store.rows import from_json, plain_json, to_json

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from drivetrain.clock import Clock
    from drivetrain.store.database import Database

LONGEST_NAME = 128
_COLUMNS = "id, project, name, description, created_at, created_by"


class SqliteEnvironments:
    """The Environments port on SQLite. Any thread may call it; every call is one transaction."""

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        """Nothing is opened before the first call."""
        self._database = database
        self._clock = clock or SystemClock()

    def all(self) -> Sequence[Environment]:
        """Every environment, by name, then project."""
        with self._database.reading() as connection:
            return _environments(connection, "1 ORDER BY name, project")

    def get(self, environment_id: int) -> Environment:
        """One of them. Raises NotFoundError."""
        with self._database.reading() as connection:
            return _get(connection, environment_id)

    def named(self, name: str, project: str = "") -> Environment:
        """The environment that a project means by this name. Raises NotFoundError."""
        with self._database.reading() as connection:
            found = _environments(
                connection, "name = ? AND project IN (?, '') ORDER BY project = '' LIMIT 1", name, project
            )
            if not found:
                known = ", ".join(each.name for each in _environments(connection, "1 ORDER BY name LIMIT 20"))
                hint = f"environments: {known or 'none yet: drivetrain environment create NAME'}"
                raise NotFoundError(f"there is no environment '{name}'", hint=hint)
            return found[0]

    def create(self, name: str, project: str = "", *, description: str = "", by: str = "") -> Environment:
        """Make one. Raises UserError, ConflictError when the project has one of that name."""
        if not (name.strip() and name.isprintable() and len(name) <= LONGEST_NAME):
            hint = f"up to {LONGEST_NAME} characters on one line"
            raise UserError(f"'{name[:LONGEST_NAME]}' is no name for an environment", hint=hint)
        with self._database.writing() as connection:
            if _environments(connection, "name = ? AND project = ?", name, project):
                raise ConflictError(f"there is an environment '{name}' already", hint="drivetrain environment list")
            cursor = connection.execute(
                "INSERT INTO environments (project, name, description, created_at, created_by) VALUES (?, ?, ?, ?, ?)",
                (project, name, description, self._now(), by),
            )
            return _get(connection, int(cursor.lastrowid or 0))

    def delete(self, environment_id: int) -> None:
        """Forget it and its checks. Raises NotFoundError."""
        with self._database.writing() as connection:
            found = _get(connection, environment_id)
            connection.execute("UPDATE environments SET deleted_at = ? WHERE id = ?", (self._now(), environment_id))
            connection.execute(
                "UPDATE checks SET removed_at = ? WHERE kind = ? AND name = ? AND project = ? AND removed_at = ''",
                (self._now(), ResourceKind.ENVIRONMENT, found.name, found.project),
            )

    def put_resource(
        self, environment_id: int, name: str, kind: str = "", tags: Sequence[str] = ()
    ) -> EnvironmentResource:
        """Add a resource, or change its type and tags. Raises NotFoundError."""
        with self._database.writing() as connection:
            _get(connection, environment_id)
            connection.execute(
                "INSERT INTO environment_resources (environment_id, name, type, tags, created_at) "
                "VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET type = excluded.type, tags = excluded.tags",
                (environment_id, name, kind, to_json(list(tags)), self._now()),
            )
            resources = _get(connection, environment_id).resources
            return next(each for each in resources if each.name.lower() == name.lower())

    def remove_resource(self, environment_id: int, name: str) -> None:
        """Take a resource out. Raises NotFoundError."""
        with self._database.writing() as connection:
            key = (environment_id, name)
            cursor = connection.execute("DELETE FROM environment_resources WHERE environment_id = ? AND name = ?", key)
            if not cursor.rowcount:
                raise NotFoundError(f"there is no resource '{name}' in it", hint="drivetrain environment show NAME")

    def history(self, environment_id: int, limit: int = 50) -> Sequence[Deployment]:
        """What was deployed there, newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT data FROM deployments WHERE environment_id = ? ORDER BY id DESC LIMIT ?",
                (environment_id, limit),
            ).fetchall()
        return [from_json(row["data"], Deployment) for row in rows]

    def latest(self) -> dict[int, Deployment]:
        """The newest deployment of every environment, by its id."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT data FROM deployments WHERE id IN (SELECT MAX(id) FROM deployments GROUP BY environment_id)"
            ).fetchall()
        found = (from_json(row["data"], Deployment) for row in rows)
        return {each.environment_id: each for each in found}

    def _now(self) -> str:
        return timestamp(self._clock.now())


def _get(connection: sqlite3.Connection, environment_id: int) -> Environment:
    found = _environments(connection, "id = ?", environment_id)
    if not found:
        raise NotFoundError(f"there is no environment {environment_id}", hint="drivetrain environment list")
    return found[0]


def _environments(connection: sqlite3.Connection, where: str, *values: object) -> list[Environment]:
    query = f"SELECT {_COLUMNS} FROM environments WHERE deleted_at = '' AND {where}"  # noqa: S608 - own text
    rows = connection.execute(query, values).fetchall()
    return [
        Environment(
            row["id"],
            row["name"],
            row["project"],
            row["description"],
            _resources(connection, row["id"]),
            row["created_at"],
            row["created_by"],
        )
        for row in rows
    ]


def _resources(connection: sqlite3.Connection, environment_id: int) -> tuple[EnvironmentResource, ...]:
    rows = connection.execute(
        "SELECT id, name, type, tags FROM environment_resources WHERE environment_id = ? ORDER BY name",
        (environment_id,),
    ).fetchall()
    return tuple(
        EnvironmentResource(row["id"], row["name"], row["type"], tuple(plain_json(row["tags"]))) for row in rows
    )
