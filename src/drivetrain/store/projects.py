"""Projects in SQLite."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.clock import SystemClock, timestamp
from drivetrain.errors import ConflictError, CorruptError, NotFoundError
from drivetrain.source.model import Project
from drivetrain.store.vault import PREFIX

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from drivetrain.clock import Clock
    from drivetrain.run.ports import Vault
    from drivetrain.store.database import Database

_COLUMNS = "id, name, url, branch, file, poll_seconds, created_at, connection"
_INSERT = (
    "INSERT INTO projects (name, url, branch, file, poll_seconds, created_at, connection) VALUES (?, ?, ?, ?, ?, ?, ?) "
    "RETURNING id, name, url, branch, file, poll_seconds, created_at, connection"
)
_OF_A_PROJECT = (
    "refs",
    "links",
    "host_looks",
    "pull_requests",
    "pipeline_schedules",
    "scheduled_refs",
    "resource_refs",
    "answers",
    "deliveries",
)
"""Tables that a removed project has no rows in."""
_SECRET = re.compile(r"https?://[^/\s]+@")
"""How a url begins that may hold a password or a token."""


class SqliteProjects:
    """The `projects` table; any thread may call it. A removed project keeps its row, for its events and runs, under
    another name. With a vault, a url that holds a password is sealed; without one, it is not to be had in clear.
    """

    def __init__(self, database: Database, clock: Clock | None = None, vault: Vault | None = None) -> None:
        self._vault = vault
        self._database = database
        self._clock = clock or SystemClock()

    def close(self) -> None:
        """Close this thread's connection."""
        self._database.connections.close()

    def add(self, project: Project, seen: Mapping[str, str]) -> Project:
        """Keep a project together with the refs that count as seen. Raises ConflictError when the name is taken."""
        now = timestamp(self._clock.now())
        with self._database.writing() as connection:
            # Sealed within the transaction: when the key is changed, nothing is sealed by the old one behind its back.
            url = self._vault.seal(project.url) if self._vault and _SECRET.match(project.url) else project.url
            if connection.execute("SELECT 1 FROM projects WHERE name = ?", (project.name,)).fetchone():
                raise ConflictError(f"there is a project {project.name!r} already", hint="choose another with --name")
            row = connection.execute(
                _INSERT,
                (project.name, url, project.branch, project.file, project.poll_seconds, now, project.connection),
            ).fetchone()
            added = self._project(row)
            rows = [(added.id, ref, sha, now) for ref, sha in seen.items()]
            connection.executemany("INSERT INTO refs (project_id, ref, sha, seen_at) VALUES (?, ?, ?, ?)", rows)
        return added

    def _project(self, row: sqlite3.Row) -> Project:
        kept = Project(*row)
        if self._vault is None or not kept.url.startswith(PREFIX):
            return kept
        with suppress(CorruptError):  # without its key one project is in trouble, not all of them
            return replace(kept, url=self._vault.open(kept.url))
        return kept

    def all(self) -> Sequence[Project]:
        """Every project, by name."""
        query = f"SELECT {_COLUMNS} FROM projects WHERE removed_at IS NULL ORDER BY name"  # noqa: S608 - a constant
        with self._database.reading() as connection:
            return tuple(self._project(row) for row in connection.execute(query))

    def get(self, project_id: int) -> Project | None:
        """The project, None when there is none or it was removed."""
        query = f"SELECT {_COLUMNS} FROM projects WHERE removed_at IS NULL AND id = ?"  # noqa: S608 - a constant
        with self._database.reading() as connection:
            row = connection.execute(query, (project_id,)).fetchone()
        return self._project(row) if row else None

    def named(self, name: str) -> Project:
        """The project of that name. Raises NotFoundError with the names there are."""
        projects = self.all()
        for project in projects:
            if project.name == name:
                return project
        known = ", ".join(project.name for project in projects) or "none yet: drivetrain project add PATH_OR_URL"
        raise NotFoundError(f"there is no project {name!r}", hint=f"projects: {known}")

    def remove(self, project_id: int, *, delete_runs: bool) -> Sequence[int]:
        """Forget the project, and its runs if they are to go. Raises ConflictError when such a run still goes on."""
        now = timestamp(self._clock.now())
        with self._database.writing() as connection:
            deleted = _delete_runs(connection, project_id, now) if delete_runs else ()
            name = connection.execute("SELECT name FROM projects WHERE id = ?", (project_id,)).fetchone()
            connection.execute(
                "UPDATE projects SET removed_at = ?, name = name || ' (removed ' || id || ')' "
                "WHERE id = ? AND removed_at IS NULL",
                (now, project_id),
            )
            connection.execute(
                "UPDATE source_events SET state = 'done', outcome = 'the project was removed', handled_at = ? "
                "WHERE project_id = ? AND state = 'new'",
                (now, project_id),
            )
            for table in _OF_A_PROJECT:
                connection.execute(f"DELETE FROM {table} WHERE project_id = ?", (project_id,))  # noqa: S608 - constants
            _forget_library(connection, project_id, name)
        return deleted


def _forget_library(connection: sqlite3.Connection, project_id: int, name: sqlite3.Row | None) -> None:
    """What the project kept, secrets first of all, and what its pipeline was permitted."""
    connection.execute("DELETE FROM library WHERE project_id = ?", (project_id,))
    connection.execute("DELETE FROM library_permits WHERE pipeline = ?", (name["name"] if name else "",))


def _delete_runs(connection: sqlite3.Connection, project_id: int, now: str) -> tuple[int, ...]:
    rows = connection.execute("SELECT id, state FROM runs WHERE project_id = ? ORDER BY id", (project_id,)).fetchall()
    going = [row["id"] for row in rows if row["state"] != "completed"]
    if going:
        raise ConflictError(
            f"run {going[0]} of this project has not ended", hint=f"drivetrain cancel {going[0]}, then once more"
        )
    # Their folders go afterwards, also after a crash (wire/retention.py); ids are never used again.
    connection.execute(
        "INSERT OR IGNORE INTO removals (run_id, what, why, marked_at) "
        "SELECT id, 'run', 'its project was removed', ? FROM runs WHERE project_id = ?",
        (now, project_id),
    )
    connection.execute("DELETE FROM runs WHERE project_id = ?", (project_id,))
    return tuple(row["id"] for row in rows)
