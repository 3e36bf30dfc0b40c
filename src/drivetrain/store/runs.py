"""Runs, their rows and their events in SQLite: a state and the event that tells of it are one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.clock import SystemClock, timestamp
from drivetrain.errors import ConflictError, CorruptError, NotFoundError
from drivetrain.plan.model import PLAN_VERSION, Plan
from drivetrain.run.model import JobRecord, Run, StageRecord, State, StepRecord
from drivetrain.store import deployments
from drivetrain.store.approvals import Approvals
from drivetrain.store.reports import put_reports
from drivetrain.store.rows import RUN_COLUMNS, event_from, from_json, run_from, to_json
from drivetrain.store.run_changes import no_run, put_changes, put_events, with_tags
from drivetrain.store.validations import Validations

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping, Sequence

    from drivetrain.clock import Clock
    from drivetrain.errors import Problem
    from drivetrain.run.events import RunEvent
    from drivetrain.run.ports import Changes, NewRun, Number
    from drivetrain.store.database import Database


class SqliteRunStore:
    """The RunStore port on SQLite. Any thread may call it; every call is one transaction."""

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        """Nothing is opened before the first call."""
        self._database = database
        self.connections = database.connections
        self._clock = clock or SystemClock()
        self._validations = Validations(Approvals(self._clock))
        self.recorded: Callable[[int], None] = lambda _: None
        """Called after every `record`, with the run."""

    def close(self) -> None:
        """Close this thread's connection."""
        self.connections.close()

    def create(self, new: NewRun, plan: Plan | None, *, number_key: str, number: Number) -> Run:
        """Insert a pending run, named by `number(run_id, revision, counter)`."""
        with self._database.writing() as connection:
            self._refuse_second(connection, new.source_event_id)
            project = _project(connection, new)
            deploys: list[deployments.Job] = []
            if plan is not None:
                plan, deploys = deployments.bind(connection, plan, project, self._now(), new.requested_for)
            run_id = self._insert(connection, new, plan, project)
            deployments.put_jobs(connection, run_id, deploys)
            revision = _next(connection, new.pipeline, f"rev:{number_key}", 1)
            name = number(run_id, revision, lambda prefix, seed: _count(connection, run_id, prefix, seed))
            connection.execute("UPDATE runs SET number = ? WHERE id = ?", (name, run_id))
            for stage in new.starts:
                _start_by_hand(connection, run_id, _manual_stage(plan, stage), new.requested_for)
            run = _get(connection, run_id)
            data: dict[str, object] = {"number": run.number, "reason": run.reason, "branch": run.source.ref}
            data |= {"commit": run.source.commit.sha} | ({"starts": list(new.starts)} if new.starts else {})
            _append(connection, run_id, 1, run.created_at, "run.queued", data)
            for seq, problem in enumerate(new.problems, 2):
                _append(connection, run_id, seq, run.created_at, "issue", _issue(problem))
        return run

    def _refuse_second(self, connection: sqlite3.Connection, event: int | None) -> None:
        row = connection.execute("SELECT id FROM runs WHERE source_event_id = ?", (event,)).fetchone()
        if row is not None:
            raise ConflictError(f"event {event} has started run {row['id']} already")

    def _insert(self, connection: sqlite3.Connection, new: NewRun, plan: Plan | None, project: str) -> int:
        values = {
            "number": "",
            "pipeline": new.pipeline,
            "file": new.file,
            "project_id": new.project_id,
            "project": project,
            "source_event_id": new.source_event_id,
            "rerun_of": new.rerun_of,
            "reason": str(new.reason),
            "source": to_json(new.source),
            "branch": new.source.ref,
            "commit_sha": new.source.commit.sha,
            "requested_for": new.requested_for,
            "requested_for_email": new.requested_for_email,
            "parameters": to_json(new.parameters),
            "variables": to_json(new.variables),
            "plan": to_json(plan) if plan is not None else None,
            "checks_skipped_by": new.checks_skipped_by,
            "cause": to_json(new.cause) if new.cause is not None else "",
            "restricted": new.restricted,
            "created_at": self._now(),
        }
        places = ", ".join(f":{name}" for name in values)
        columns = ", ".join(values)
        cursor = connection.execute(f"INSERT INTO runs ({columns}) VALUES ({places})", values)  # noqa: S608 - own names
        return int(cursor.lastrowid or 0)

    def of_event(self, source_event_id: int) -> int | None:
        """The run that an event has started."""
        row = self._one("SELECT id FROM runs WHERE source_event_id = ?", source_event_id)
        return int(row["id"]) if row else None

    def get(self, run_id: int) -> Run:
        """The run. Raises NotFoundError."""
        with self._database.reading() as connection:
            return _get(connection, run_id)

    def plan(self, run_id: int) -> Plan | None:
        """The plan it was created with."""
        row = self._one("SELECT plan FROM runs WHERE id = ?", run_id)
        if row is None:
            raise no_run(run_id)
        return _plan(row["plan"]) if row["plan"] is not None else None

    def unfinished(self) -> Sequence[int]:
        """Ids of runs that are not completed, oldest first."""
        return [row["id"] for row in self._all("SELECT id FROM runs WHERE state <> 'completed' ORDER BY id")]

    def stages(self, run_id: int) -> Sequence[StageRecord]:
        """The stages, in plan order."""
        rows = self._all("SELECT data FROM stages WHERE run_id = ? ORDER BY position", run_id)
        return [from_json(row["data"], StageRecord) for row in rows]

    def jobs(self, run_id: int) -> Sequence[JobRecord]:
        """All attempts of all jobs, in plan order, attempts ascending."""
        rows = self._all("SELECT data FROM jobs WHERE run_id = ? ORDER BY position, attempt", run_id)
        return [from_json(row["data"], JobRecord) for row in rows]

    def steps(self, run_id: int) -> Sequence[StepRecord]:
        """All steps of all attempts, by job in plan order, then index."""
        rows = self._all(
            "SELECT steps.data FROM steps JOIN jobs USING (run_id, stage, job, leg, attempt) WHERE run_id = ? "
            "ORDER BY jobs.position, attempt, step",
            run_id,
        )
        return [from_json(row["data"], StepRecord) for row in rows]

    def record(self, run_id: int, events: Sequence[RunEvent], changes: Changes) -> None:
        """Append events and write rows. Raises ConflictError when the events' seq does not follow."""
        with self._database.writing() as connection:
            put_events(connection, run_id, events)
            put_changes(connection, run_id, changes)
            put_reports(connection, run_id, changes.reports)
            deployments.follow(connection, run_id, changes.jobs)
            self._validations.follow(connection, run_id, changes.validations, changes.jobs)
        self.recorded(run_id)

    def events(self, run_id: int, after: int = 0, limit: int = 1000) -> Sequence[RunEvent]:
        """Events with seq greater than `after`."""
        rows = self._all(
            "SELECT seq, time, type, data, version FROM events WHERE run_id = ? AND seq > ? ORDER BY seq LIMIT ?",
            run_id,
            after,
            limit,
        )
        return [event_from(row) for row in rows]

    def last_seq(self, run_id: int) -> int:
        """The seq of the newest event, 0 when there is none."""
        row = self._one("SELECT COALESCE(MAX(seq), 0) AS seq FROM events WHERE run_id = ?", run_id)
        return int(row["seq"]) if row else 0

    def request_cancel(self, run_id: int, *, by: str = "") -> None:
        """Mark the run to be canceled; who asked first is kept."""
        with self._database.writing() as connection:
            run = _get(connection, run_id)
            if run.state is State.COMPLETED:
                raise ConflictError(f"run {run_id} is completed", hint=f"drivetrain show {run_id}")
            connection.execute(
                "UPDATE runs SET cancel_requested = 1, cancel_by = ? WHERE id = ? AND NOT cancel_requested",
                (by, run_id),
            )

    def request_start(self, run_id: int, stage: str, *, by: str = "") -> None:
        """Start a stage by hand; who asked first is kept."""
        with self._database.writing() as connection:
            run = _get(connection, run_id)
            row = connection.execute("SELECT plan FROM runs WHERE id = ?", (run_id,)).fetchone()
            name = _manual_stage(_plan(row["plan"]) if row["plan"] is not None else None, stage)
            found = connection.execute("SELECT data FROM stages WHERE (run_id, name) = (?, ?)", (run_id, name))
            record = next((from_json(each["data"], StageRecord) for each in found), None)
            if State.COMPLETED in {run.state, record.state if record else State.PENDING}:
                raise ConflictError(f"stage {name} of run {run_id} is completed", hint=f"drivetrain show {run_id}")
            _start_by_hand(connection, run_id, name, by)

    def starts(self, run_id: int) -> Mapping[str, str]:
        """Stages that were started by hand, and by whom."""
        return {row["stage"]: row["started_by"] for row in self._all("SELECT * FROM starts WHERE run_id = ?", run_id)}

    def counter(self, run_id: int, prefix: str, seed: int) -> int:
        """`counter(prefix, seed)` for this run."""
        with self._database.writing() as connection:
            return _count(connection, run_id, prefix, seed)

    def change_tags(self, run_id: int, add: Sequence[str], remove: Sequence[str] = ()) -> Sequence[str]:
        """Give a run tags, and take some away; those that it has then. Raises NotFoundError. No event tells of it: who
        drives the run writes those.
        """
        with self._database.writing() as connection:
            tags = with_tags(connection, run_id, add, remove)
            connection.execute("UPDATE runs SET tags = ? WHERE id = ?", (to_json(tags), run_id))
        return tags

    def version(self) -> int:
        """A number that changes whenever another connection has written; cheap, for polling."""
        row = self._one("PRAGMA data_version")
        return int(row[0]) if row else 0

    def _now(self) -> str:
        return timestamp(self._clock.now())

    def _all(self, statement: str, *values: object) -> list[sqlite3.Row]:
        with self._database.reading() as connection:
            return connection.execute(statement, values).fetchall()

    def _one(self, statement: str, *values: object) -> sqlite3.Row | None:
        rows = self._all(statement, *values)
        return rows[0] if rows else None


def _get(connection: sqlite3.Connection, run_id: int) -> Run:
    row = connection.execute(f"SELECT {RUN_COLUMNS} FROM runs WHERE id = ?", (run_id,)).fetchone()  # noqa: S608
    if row is None:
        raise no_run(run_id)
    return run_from(row)


def _project(connection: sqlite3.Connection, new: NewRun) -> str:
    row = connection.execute("SELECT name FROM projects WHERE id = ?", (new.project_id,)).fetchone()
    return str(row["name"]) if row else ""


def _plan(document: bytes | str) -> Plan:
    plan = from_json(document, Plan)
    if plan.version > PLAN_VERSION:
        message = f"the plan was written by a newer version (plan version {plan.version}, known {PLAN_VERSION})"
        raise CorruptError(message, hint="upgrade drivetrain")
    return plan


def _manual_stage(plan: Plan | None, stage: str) -> str:
    """The stage of this name as the plan writes it. Raises NotFoundError, ConflictError when it starts by itself."""
    found = {each.name.lower(): each for each in (plan.stages if plan else ())}.get(stage.lower())
    if found is None:
        manual = ", ".join(each.name for each in (plan.stages if plan else ()) if each.manual) or "none"
        raise NotFoundError(f"there is no stage {stage}", hint=f"stages that are started by hand: {manual}")
    if not found.manual:
        hint = "`trigger: manual` makes a stage wait to be started by hand"
        raise ConflictError(f"stage {found.name} starts by itself", hint=hint)
    return found.name


def _start_by_hand(connection: sqlite3.Connection, run_id: int, stage: str, by: str) -> None:
    connection.execute("INSERT OR IGNORE INTO starts (run_id, stage, started_by) VALUES (?, ?, ?)", (run_id, stage, by))


def _issue(problem: Problem) -> dict[str, object]:
    where = {"file": problem.position.file, "line": problem.position.line, "column": problem.position.column}
    hint = f" ({problem.hint})" if problem.hint else ""
    return {"type_": str(problem.severity), "message": f"{problem.message}{hint}", "code": problem.code, **where}


def _next(connection: sqlite3.Connection, pipeline: str, key: str, first: int) -> int:
    row = connection.execute(
        "INSERT INTO counters (pipeline, key, value) VALUES (?, ?, ?) "
        "ON CONFLICT DO UPDATE SET value = value + 1 RETURNING value",
        (pipeline, key, first),
    ).fetchone()
    return int(row["value"])


def _count(connection: sqlite3.Connection, run_id: int, prefix: str, seed: int) -> int:
    known = connection.execute(
        "SELECT value FROM run_counters WHERE run_id = ? AND prefix = ?", (run_id, prefix)
    ).fetchone()
    if known is not None:
        return int(known["value"])
    value = _next(connection, _get(connection, run_id).pipeline, f"counter:{prefix}", seed)
    connection.execute("INSERT INTO run_counters VALUES (?, ?, ?)", (run_id, prefix, value))
    return value


def _append(connection: sqlite3.Connection, run_id: int, seq: int, time: str, kind: str, data: object) -> None:
    connection.execute(
        "INSERT INTO events (run_id, seq, version, time, type, data) VALUES (?, ?, 1, ?, ?, ?)",
        (run_id, seq, time, kind, to_json(data)),
    )
