"""Checks, the gates of stages, and what REST APIs have answered, in SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.clock import SystemClock, timestamp
from drivetrain.errors import NotFoundError
from drivetrain.plan.model import ResourceKind
from drivetrain.run.checks.model import Answer, ApprovalState, Check, GateRecord, Resource
from drivetrain.store.approvals import Approvals
from drivetrain.store.locks import Locks
from drivetrain.store.rows import from_json, plain_json, to_json

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping, Sequence

    from drivetrain.clock import Clock
    from drivetrain.plan.model import ResourceUse
    from drivetrain.run.checks.model import Approval, LockAnswer, Waiting
    from drivetrain.run.model import JobRef, Run
    from drivetrain.store.database import Database

_COLUMNS = "id, project, kind, name, type, settings, created_at, created_by"


class SqliteChecks:
    """The CheckStore port on SQLite. Any thread may call it; every call is one transaction."""

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        """Nothing is opened before the first call."""
        self._database = database
        self._clock = clock or SystemClock()
        self._approvals = Approvals(self._clock)
        self._locks = Locks()

    # Checks as they are set.

    def add(self, resource: Resource, kind: str, settings: Mapping[str, object], *, by: str) -> Check:
        """Set a check."""
        values = (resource.project, resource.kind, resource.name, kind, to_json(settings), self._now(), by)
        with self._database.writing() as connection:
            row = connection.execute(
                "INSERT INTO checks (project, kind, name, type, settings, created_at, created_by) "  # noqa: S608
                f"VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING {_COLUMNS}",
                values,
            ).fetchone()
            return _check(row)

    def remove(self, check_id: int) -> Check:
        """Take a check away. Raises NotFoundError."""
        with self._database.writing() as connection:
            row = connection.execute(
                f"UPDATE checks SET removed_at = ? WHERE id = ? AND removed_at = '' RETURNING {_COLUMNS}",  # noqa: S608
                (self._now(), check_id),
            ).fetchone()
            if row is None:
                raise NotFoundError(f"there is no check {check_id}", hint="drivetrain check list")
            return _check(row)

    def all(self, resource: Resource | None = None) -> Sequence[Check]:
        """Every check, or those that are set at a resource."""
        where, values = "", ()  # type: tuple[str, tuple[object, ...]]
        if resource is not None:
            where, values = (
                " AND kind = ? AND name = ? AND project = ?",
                (resource.kind, resource.name, resource.project),
            )
        query = f"SELECT {_COLUMNS} FROM checks WHERE removed_at = ''{where} ORDER BY id"  # noqa: S608
        return [_check(row) for row in self._all(query, *values)]

    def of_uses(self, project: str, uses: Sequence[ResourceUse]) -> Sequence[Check]:
        """The checks of resources that a run of a project uses."""
        query = (
            f"SELECT {_COLUMNS} FROM checks WHERE removed_at = '' AND kind = ? AND name = ? "  # noqa: S608
            "AND project IN ('', ?) ORDER BY id"
        )
        return [_check(row) for use in uses for row in self._all(query, use.kind, use.name, project)]

    # Gates.

    def gate(self, run_id: int, stage: str, attempt: int) -> GateRecord | None:
        """The gate of an attempt at a stage."""
        key = (run_id, stage, attempt)
        rows = self._all("SELECT data FROM gates WHERE (run_id, stage, attempt) = (?, ?, ?)", *key)
        return from_json(rows[0]["data"], GateRecord) if rows else None

    def gates(self, run_id: int) -> Sequence[GateRecord]:
        """All gates of a run, as they were first looked at."""
        rows = self._all("SELECT data FROM gates WHERE run_id = ? ORDER BY rowid", run_id)
        return [from_json(row["data"], GateRecord) for row in rows]

    def keep(self, record: GateRecord, approvals: Sequence[Approval] = ()) -> None:
        """Write a gate down, and ask the questions that are new."""
        key = (record.run_id, record.stage, record.attempt)
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO gates (run_id, stage, attempt, data) VALUES (?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET data = excluded.data",
                (*key, to_json(record)),
            )
            for approval in approvals:
                self._approvals.ask(connection, approval)
            if record.closed:
                self._approvals.end_checks(connection, *key)
            if record.result is not None:
                self._locks.unlock(connection, *key)

    def answer(self, run_id: int, stage: str, attempt: int, check_id: int, answer: Answer) -> None:
        """Keep what a REST API has answered."""
        values = (run_id, stage, attempt, check_id, to_json(answer))
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO check_answers (run_id, stage, attempt, check_id, data) VALUES (?, ?, ?, ?, ?)", values
            )

    def answers(self, run_id: int, stage: str, attempt: int) -> Sequence[tuple[int, Answer]]:
        """All answers for a gate, oldest first."""
        rows = self._all(
            "SELECT check_id, data FROM check_answers WHERE (run_id, stage, attempt) = (?, ?, ?) ORDER BY id",
            run_id,
            stage,
            attempt,
        )
        return [(row["check_id"], from_json(row["data"], Answer)) for row in rows]

    # Questions to people.

    def approvals(self, run_id: int) -> Sequence[Approval]:
        """All questions of a run, in the order in which they were asked."""
        with self._database.reading() as connection:
            return self._approvals.of_run(connection, run_id)

    def waiting(self) -> Sequence[Waiting]:
        """Every question that waits, of runs that are under way."""
        with self._database.reading() as connection:
            return self._approvals.waiting(connection)

    def decide(self, approval_id: int, change: Callable[[Approval], Approval]) -> Approval:
        """Answer a question. Raises NotFoundError, and what `change` raises."""
        with self._database.writing() as connection:
            before = self._approvals.get(connection, approval_id)
            if before.state is ApprovalState.PENDING and not self._approvals.counts(connection, before):
                before = replace(before, state=ApprovalState.OVER)
            after = change(before)
            self._approvals.keep(connection, before, after)
            return after

    def end(self, approval_id: int, state: ApprovalState) -> bool:
        """A question that nobody has to answer any more."""
        with self._database.writing() as connection:
            return self._approvals.end(connection, approval_id, state)

    def decided_steps(self, run_id: int) -> Sequence[tuple[JobRef, int, int, Approval]]:
        """Questions of steps that were answered."""
        return [
            (each.job, each.job_attempt, each.step, each)
            for each in self.approvals(run_id)
            if each.job is not None and each.state in {ApprovalState.APPROVED, ApprovalState.REJECTED}
        ]

    # Locks.

    def lock(self, run: Run, stage: str, attempt: int, resources: Sequence[Resource], *, latest: bool) -> LockAnswer:
        """Ask for the locks of all these resources at once."""
        with self._database.writing() as connection:
            return self._locks.lock(connection, run, stage, attempt, resources, latest=latest)

    def unlock(self, run_id: int, stage: str, attempt: int, *, waiting_only: bool = False) -> None:
        """Give locks back, and the place in the line for them."""
        if self._all("SELECT 1 FROM locks WHERE (run_id, stage, attempt) = (?, ?, ?)", run_id, stage, attempt):
            with self._database.writing() as connection:
                self._locks.unlock(connection, run_id, stage, attempt, waiting_only=waiting_only)

    def skipped_by(self, run_id: int) -> str:
        """Who started the run without checks."""
        rows = self._all("SELECT checks_skipped_by FROM runs WHERE id = ?", run_id)
        return str(rows[0]["checks_skipped_by"]) if rows else ""

    def _now(self) -> str:
        return timestamp(self._clock.now())

    def _all(self, statement: str, *values: object) -> list[sqlite3.Row]:
        with self._database.reading() as connection:
            return connection.execute(statement, values).fetchall()


def _check(row: sqlite3.Row) -> Check:
    resource = Resource(ResourceKind(row["kind"]), row["name"], row["project"])
    return Check(row["id"], resource, row["type"], plain_json(row["settings"]), row["created_at"], row["created_by"])
