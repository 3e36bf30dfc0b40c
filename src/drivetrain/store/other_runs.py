"""Finds completed runs by what is said of them: what `resources.pipelines` and downloads from other runs ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.errors import NotFoundError
from drivetrain.store.rows import RUN_COLUMNS, run_from

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from drivetrain.run.model import Run
    from drivetrain.run.ports import RunWanted
    from drivetrain.store.database import Database


class SqliteOtherRuns:
    """Runs of one home that are completed and not about to be removed. Reads only; any thread may call it."""

    def __init__(self, database: Database) -> None:
        """Nothing is opened before the first call."""
        self._database = database

    def find(self, wanted: RunWanted, *, only: str = "") -> Run:
        """The run that finished last of those that fit. `only`: of this pipeline, whatever else is asked for.

        Raises NotFoundError that says whether there is such a pipeline at all.
        """
        clause, value = _pipeline(wanted.pipeline)
        if not self._rows(f"SELECT 1 FROM runs WHERE {clause} AND (?2 = '' OR pipeline = ?2) LIMIT 1", value, only):  # noqa: S608
            raise NotFoundError(
                f"The following pipeline does not exist: {wanted.pipeline}. Please verify the name of the pipeline.",
                hint="a pipeline is called as its project, or as the folder that `drivetrain run` was called in",
            )
        for run in self._completed(clause, value, only):
            if _fits(run, wanted):
                return run
        raise NotFoundError(
            "No builds currently exist in the pipeline definition supplied.",
            hint=f"no completed run of {wanted.pipeline} fits: {_said(wanted)}",
        )

    def _completed(self, clause: str, value: object, only: str) -> Iterator[Run]:
        statement = (
            f"SELECT {RUN_COLUMNS} FROM runs WHERE {clause} AND (?2 = '' OR pipeline = ?2) "  # noqa: S608 - our own
            "AND state = 'completed' AND id NOT IN (SELECT run_id FROM removals WHERE what <> 'work') "
            "ORDER BY finished_at DESC, id DESC"
        )
        with self._database.reading() as connection:
            for row in connection.execute(statement, (value, only)):
                yield run_from(row)

    def get(self, run_id: int) -> Run:
        """A run, also one that goes on. Raises NotFoundError."""
        rows = self._rows(f"SELECT {RUN_COLUMNS} FROM runs WHERE id = ?", run_id)  # noqa: S608 - our own names
        if not rows:
            raise NotFoundError(f"there is no run {run_id}", hint="drivetrain runs lists ids and numbers")
        return run_from(rows[0])

    def _rows(self, statement: str, *values: object) -> list[sqlite3.Row]:
        with self._database.reading() as connection:
            return connection.execute(statement, values).fetchall()


def _pipeline(named: str) -> tuple[str, object]:
    """How a pipeline is found: by its number, or by its name in any case; Azure's may have folders before it."""
    if named.isdecimal() and len(named) < 19:  # noqa: PLR2004 - more than any id has
        return "project_id = ?1", int(named)
    return "pipeline = ?1 COLLATE NOCASE", named.replace("\\", "/").rpartition("/")[2]


def _fits(run: Run, wanted: RunWanted) -> bool:
    """A stranger chooses artifacts, number and tags of a restricted run: it has to be asked for by its ref."""
    branches = {run.source.ref, run.source.ref.removeprefix("refs/heads/")}
    return (
        (wanted.branch in branches or not (wanted.branch or run.restricted))
        and (not wanted.results or run.result in wanted.results)
        and (not wanted.number or run.number == wanted.number)
        and {tag.lower() for tag in wanted.tags} <= {tag.lower() for tag in run.tags}
    )


def _said(wanted: RunWanted) -> str:
    said = {
        "run": wanted.number,
        "branch": wanted.branch,
        "tags": ", ".join(wanted.tags),
        "result": " or ".join(str(result) for result in wanted.results),
    }
    return "; ".join(f"{name} {value}" for name, value in said.items() if value) or "it has none"
