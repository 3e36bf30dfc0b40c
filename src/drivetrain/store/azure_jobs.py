"""Jobs of Azure Machine Learning in SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drivetrain.clock import SystemClock, timestamp
from drivetrain.definition.azureml.model import JobKind
from drivetrain.errors import ConflictError, NotFoundError
from drivetrain.run.azureml.model import AzureJob, JobStatus
from drivetrain.run.azureml.ports import ACTIVE, JobsPage, JobsWanted
from drivetrain.store.rows import plain_json, to_json

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence

    from drivetrain.clock import Clock
    from drivetrain.store.database import Database

_COLUMNS = (
    "workspace, name, kind, experiment, body, parent, schedule, archived, run_id, job, status, reason, started_at, "
    "finished_at, created_at, created_by, updated_at, updated_by"
)
_ONE = "workspace = ? AND name = ?"
_CHANGED = ("body", "archived", "run_id", "job", "status", "reason", "started_at", "finished_at")
_TAG = "EXISTS (SELECT 1 FROM json_each(body, '$.tags') WHERE key = :tag AND (:value IS NULL OR value = :value))"
_TREE = (
    "WITH RECURSIVE tree (name) AS (SELECT :name UNION SELECT azure_jobs.name FROM azure_jobs, tree "
    "WHERE workspace = :workspace AND azure_jobs.parent = tree.name COLLATE NOCASE) "
    "DELETE FROM azure_jobs WHERE workspace = :workspace AND name IN (SELECT name FROM tree)"
)


class SqliteAzureJobs:
    """The AzureJobs port on SQLite."""

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        """Nothing is opened before the first call."""
        self._database = database
        self._clock = clock or SystemClock()

    def add(self, job: AzureJob) -> AzureJob:
        """Keep a new one. Raises ConflictError."""
        now = timestamp(self._clock.now())
        row = {**_row(job), "created_at": now, "updated_at": now, "updated_by": job.created_by}
        places = ", ".join(f":{name}" for name in row)
        with self._database.writing() as connection:
            if _select(connection, _ONE, (job.workspace, job.name)):
                raise ConflictError(f"there is a job '{job.name}' already")
            connection.execute(f"INSERT INTO azure_jobs ({', '.join(row)}) VALUES ({places})", row)  # noqa: S608 - own names
            return _get(connection, job.workspace, job.name)

    def get(self, workspace: str, name: str) -> AzureJob:
        """One of them. Raises NotFoundError."""
        with self._database.reading() as connection:
            return _get(connection, workspace, name)

    def list(self, workspace: str, wanted: JobsWanted = ACTIVE) -> JobsPage:
        """Those that are wanted, the newest first."""
        where, values = _wanted(workspace, wanted)
        text = f"SELECT id, {_COLUMNS} FROM azure_jobs WHERE {where} ORDER BY id DESC LIMIT :limit"  # noqa: S608 - own text
        with self._database.reading() as connection:
            rows = connection.execute(text, {**values, "limit": wanted.limit + 1}).fetchall()
        shown = rows[: wanted.limit]
        return JobsPage([_job(row) for row in shown], shown[-1]["id"] if len(rows) > len(shown) and shown else 0)

    def change(self, workspace: str, name: str, edit: Callable[[AzureJob], AzureJob], *, by: str = "") -> AzureJob:
        """Replace what may change of it. Raises NotFoundError."""
        with self._database.writing() as connection:
            before = _get(connection, workspace, name)
            row = _row(edit(before))
            values = {each: row[each] for each in _CHANGED} | {"by": by or before.updated_by}
            values |= {"at": timestamp(self._clock.now()), "workspace": workspace, "name": name}
            sets = ", ".join(f"{each} = :{each}" for each in _CHANGED)
            connection.execute(
                f"UPDATE azure_jobs SET {sets}, updated_at = :at, updated_by = :by "  # noqa: S608 - own names
                "WHERE workspace = :workspace AND name = :name",
                values,
            )
            return _get(connection, workspace, name)

    def of_run(self, run_id: int) -> Sequence[AzureJob]:
        """Those that a pipeline run carries out, as they were made."""
        with self._database.reading() as connection:
            return _select(connection, "run_id = ? ORDER BY id", (run_id,))

    def unfinished(self) -> Sequence[AzureJob]:
        """Those without a final status, oldest first."""
        with self._database.reading() as connection:
            return _select(connection, "status IS NULL ORDER BY id", ())

    def delete(self, workspace: str, name: str) -> None:
        """Forget it, and those that are part of it. Raises NotFoundError."""
        with self._database.writing() as connection:
            job = _get(connection, workspace, name)
            connection.execute(_TREE, {"workspace": workspace, "name": job.name})


def _wanted(workspace: str, wanted: JobsWanted) -> tuple[str, dict[str, object]]:
    tag, equals, value = wanted.tag.partition("=")
    parts = {
        "workspace = :workspace": True,
        "archived = :archived": wanted.archived is not None,
        "kind = :kind": wanted.kind is not None,
        _TAG: bool(tag),
        "parent = :parent": wanted.parent is not None,
        "schedule = :schedule": bool(wanted.schedule),
        "(schedule <> '') = :scheduled": wanted.scheduled is not None,
        "id < :before": wanted.before > 0,
    }
    values: dict[str, object] = {
        "workspace": workspace,
        "archived": wanted.archived,
        "kind": wanted.kind,
        "tag": tag,
        "value": value if equals else None,
        "parent": wanted.parent,
        "schedule": wanted.schedule,
        "scheduled": wanted.scheduled,
        "before": wanted.before,
    }
    return " AND ".join(part for part, is_wanted in parts.items() if is_wanted), values


def _get(connection: sqlite3.Connection, workspace: str, name: str) -> AzureJob:
    found = _select(connection, _ONE, (workspace, name))
    if not found:
        raise NotFoundError(f"there is no job '{name}' in this workspace")
    return found[0]


def _select(connection: sqlite3.Connection, where: str, values: tuple[object, ...]) -> list[AzureJob]:
    rows = connection.execute(f"SELECT {_COLUMNS} FROM azure_jobs WHERE {where}", values)  # noqa: S608 - constants of this module
    return [_job(row) for row in rows]


def _row(job: AzureJob) -> dict[str, Any]:
    return {name: getattr(job, name) for name in job.__struct_fields__} | {"body": to_json(job.body)}


def _job(row: sqlite3.Row) -> AzureJob:
    values = {name: row[name] for name in AzureJob.__struct_fields__}
    values |= {"kind": JobKind(row["kind"]), "body": plain_json(row["body"]), "archived": bool(row["archived"])}
    return AzureJob(**values | {"status": JobStatus(row["status"]) if row["status"] else None})
