"""What pages, the API and the command line read of runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.errors import CorruptError
from drivetrain.run.model import Artifact, Issue, JobRef, Timeline
from drivetrain.store.rows import RUN_COLUMNS, from_json, plain_json, run_from
from drivetrain.view.ports import FilterChoices

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from drivetrain.run.events import RunEvent
    from drivetrain.run.model import Run
    from drivetrain.store.runs import SqliteRunStore
    from drivetrain.view.ports import RunFilter

MAX_ISSUES = 1_000


class SqliteRunQueries:
    """The RunQueries port on SQLite. Any thread may call it."""

    def __init__(self, store: SqliteRunStore) -> None:
        self._store = store
        self._connections = store.connections

    def runs(self, wanted: RunFilter) -> Sequence[Run]:
        """The runs that match, newest first, at most `wanted.limit`."""
        clauses, values = _where(wanted)
        where = f"WHERE {' AND '.join(clauses)}" if clauses else ""
        rows = self._connections.get().execute(
            f"SELECT {RUN_COLUMNS} FROM runs {where} ORDER BY id DESC LIMIT ?",  # noqa: S608 - clauses are our own
            (*values, wanted.limit),
        )
        return [run_from(row) for row in rows]

    def choices(self) -> FilterChoices:
        """What there is to filter by."""
        return FilterChoices(
            self._distinct("project"),
            self._distinct("pipeline"),
            self._distinct("branch"),
            self._distinct("pipeline", "AND project_id IS NULL"),
        )

    def _distinct(self, column: str, more: str = "") -> Sequence[str]:
        rows = self._connections.get().execute(
            f"SELECT DISTINCT {column} AS value FROM runs WHERE {column} <> '' {more} ORDER BY 1"  # noqa: S608 - our own
        )
        return tuple(row["value"] for row in rows)

    def timeline(self, run_id: int) -> Timeline:
        """Everything about one run, as it was at one moment. Raises NotFoundError."""
        connection = self._connections.get()
        connection.execute("BEGIN")
        try:
            store = self._store
            return Timeline(
                store.get(run_id),
                tuple(store.stages(run_id)),
                tuple(store.jobs(run_id)),
                tuple(store.steps(run_id)),
                tuple(self._issues(run_id)),
                tuple(self._artifacts(run_id)),
            )
        finally:
            connection.execute("COMMIT")

    def _issues(self, run_id: int) -> list[Issue]:
        rows = self._connections.get().execute(
            "SELECT data FROM events WHERE run_id = ? AND type = 'issue' ORDER BY seq LIMIT ?", (run_id, MAX_ISSUES)
        )
        return [issue_from(plain_json(row["data"])) for row in rows]

    def _artifacts(self, run_id: int) -> list[Artifact]:
        rows = self._connections.get().execute("SELECT data FROM artifacts WHERE run_id = ? ORDER BY rowid", (run_id,))
        return [from_json(row["data"], Artifact) for row in rows]

    def events(self, run_id: int, after: int = 0, limit: int = 1000) -> Sequence[RunEvent]:
        """Events with seq greater than `after`."""
        return self._store.events(run_id, after, limit)

    def version(self) -> int:
        """A number that changes whenever another connection has written."""
        return self._store.version()


def issue_from(data: Mapping[str, Any]) -> Issue:
    """The issue that an `issue` event tells of. Raises CorruptError."""
    job = JobRef(str(data["stage"]), str(data.get("job", "")), str(data.get("leg", ""))) if data.get("job") else None
    try:
        return Issue(
            type=str(data.get("type_", "error")),
            message=str(data.get("message", "")),
            job=job,
            attempt=int(data.get("attempt") or 1),
            step=None if data.get("step") is None else int(data["step"]),
            file=str(data.get("file") or ""),
            line=int(data.get("line") or 0),
            column=int(data.get("column") or 0),
            code=str(data.get("code") or ""),
            stage=str(data.get("stage") or ""),
        )
    except (TypeError, ValueError) as error:
        raise CorruptError(f"an issue of a run cannot be read: {error}") from error


def _where(wanted: RunFilter) -> tuple[list[str], list[object]]:
    clauses: list[str] = []
    values: list[object] = []

    def add(clause: str, *given: object) -> None:
        clauses.append(clause)
        values.extend(given)

    for column in ("project", "pipeline"):
        if value := getattr(wanted, column):
            add(f"{column} = ?", value)
    if wanted.branch:
        add("branch IN (?, ?, ?)", wanted.branch, f"refs/heads/{wanted.branch}", f"refs/tags/{wanted.branch}")
    if wanted.commit:
        add("commit_sha >= ? AND commit_sha < ?", wanted.commit, wanted.commit + "\U0010ffff")
    for clause, value in (("state = ?", wanted.state), ("result = ?", wanted.result), ("id < ?", wanted.before)):
        if value is not None:
            add(clause, value)
    if wanted.local:
        add("project_id IS NULL")
    if wanted.text:
        _add_text(wanted.text, add)
    return clauses, values


def _add_text(text: str, add: Callable[..., None]) -> None:
    pattern = "%" + "".join(f"\\{letter}" if letter in "%_\\" else letter for letter in text) + "%"
    fields = ("number", "json_extract(source, '$.commit.message')", "json_extract(source, '$.commit.author_name')")
    add("(" + " OR ".join(f"{field} LIKE ? ESCAPE '\\'" for field in fields) + ")", *[pattern] * len(fields))
