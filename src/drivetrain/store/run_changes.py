"""What a driver has decided about a run, written to its rows, inside the caller's transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.errors import ConflictError, NotFoundError
from drivetrain.store.rows import plain_json, to_json

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from drivetrain.run.events import RunEvent
    from drivetrain.run.model import Artifact, JobRecord, StageRecord, StepRecord
    from drivetrain.run.ports import Changes, DecidedLegs, RunChange


def no_run(run_id: int) -> NotFoundError:
    """There is no such run."""
    return NotFoundError(f"there is no run {run_id}", hint="drivetrain runs")


def put_events(connection: sqlite3.Connection, run_id: int, events: Sequence[RunEvent]) -> None:
    """Append events. Raises ConflictError when their seq does not follow: somebody else drives the run."""
    _check_sequence(connection, run_id, events)
    connection.executemany(
        "INSERT INTO events (run_id, seq, version, time, type, data) VALUES (?, ?, ?, ?, ?, ?)",
        [(run_id, event.seq, event.version, event.time, event.type, to_json(event.data)) for event in events],
    )


def put_changes(connection: sqlite3.Connection, run_id: int, changes: Changes) -> None:
    """Write the rows of a run, its stages, jobs, steps and artifacts."""
    if changes.run is not None:
        _change_run(connection, run_id, changes.run)
        if changes.run.reopened:
            _forget_starts(connection, run_id, changes.stages)
    _put_stages(connection, run_id, changes.stages)
    _put_jobs(connection, run_id, changes.jobs)
    for decided in changes.decided:
        _put_legs(connection, run_id, decided)
    _put_steps(connection, run_id, changes.steps)
    _put_artifacts(connection, run_id, changes.artifacts)


def with_tags(
    connection: sqlite3.Connection, run_id: int, tags: Sequence[str], without: Sequence[str] = ()
) -> list[str]:
    """The run's tags with some more, and without some. Raises NotFoundError."""
    row = connection.execute("SELECT tags FROM runs WHERE id = ?", (run_id,)).fetchone()
    if row is None:
        raise no_run(run_id)
    gone = {tag.casefold() for tag in without}
    return list(dict.fromkeys([*(tag for tag in plain_json(row["tags"]) if tag.casefold() not in gone), *tags]))


def _forget_starts(connection: sqlite3.Connection, run_id: int, stages: Sequence[StageRecord]) -> None:
    """Stages that wait for a hand in their new attempt."""
    waiting = [(run_id, stage.name) for stage in stages if not stage.started_by]
    connection.executemany("DELETE FROM starts WHERE (run_id, stage) = (?, ?)", waiting)


def _check_sequence(connection: sqlite3.Connection, run_id: int, events: Sequence[RunEvent]) -> None:
    row = connection.execute("SELECT COALESCE(MAX(seq), 0) AS seq FROM events WHERE run_id = ?", (run_id,)).fetchone()
    last = int(row["seq"])
    for event in events:
        last += 1
        if event.seq != last:
            raise ConflictError(
                f"event {event.seq} of run {run_id} does not follow: {last} is next; somebody else drives this run"
            )


def _change_run(connection: sqlite3.Connection, run_id: int, change: RunChange) -> None:
    columns = {
        "state": change.state,
        "result": change.result,
        "number": change.number,
        "started_at": change.started_at,
        "finished_at": change.finished_at,
        "canceling": change.canceling,
    }
    given: dict[str, object] = {name: value for name, value in columns.items() if value is not None}
    if change.reopened:
        given |= {"result": None, "finished_at": "", "cancel_requested": 0, "cancel_by": "", "canceling": 0}
    if change.add_tags:
        given["tags"] = to_json(with_tags(connection, run_id, change.add_tags))
    if given:
        assignments = ", ".join(f"{name} = :{name}" for name in given)
        connection.execute(f"UPDATE runs SET {assignments} WHERE id = :run_id", {**given, "run_id": run_id})  # noqa: S608


def _put_stages(connection: sqlite3.Connection, run_id: int, stages: Sequence[StageRecord]) -> None:
    for stage in stages:
        data = to_json(stage)
        changed = connection.execute(
            "UPDATE stages SET data = ? WHERE run_id = ? AND name = ?", (data, run_id, stage.name)
        )
        if not changed.rowcount:
            connection.execute(
                "INSERT INTO stages (run_id, position, name, data) "
                "SELECT ?1, COUNT(*), ?2, ?3 FROM stages WHERE run_id = ?1",
                (run_id, stage.name, data),
            )


_INSERT_JOB = (
    "INSERT INTO jobs (run_id, position, stage, job, leg, attempt, state, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)


def _put_jobs(connection: sqlite3.Connection, run_id: int, jobs: Sequence[JobRecord]) -> None:
    next_position: int | None = None
    for record in jobs:
        ref = record.ref
        key = (run_id, ref.stage, ref.job, ref.leg)
        data = to_json(record)
        changed = connection.execute(
            "UPDATE jobs SET state = ?, data = ? WHERE (run_id, stage, job, leg, attempt) = (?, ?, ?, ?, ?)",
            (record.state, data, *key, record.attempt),
        )
        if changed.rowcount:
            continue
        position = _position_of(connection, key) if record.attempt > 1 else None
        if position is None:
            next_position = _last_position(connection, run_id) + 1 if next_position is None else next_position + 1
            position = next_position
        connection.execute(_INSERT_JOB, (run_id, position, *key[1:], record.attempt, record.state, data))


def _put_legs(connection: sqlite3.Connection, run_id: int, decided: DecidedLegs) -> None:
    """Legs take the place of the row that stood for them; what follows it makes room."""
    ref, count = decided.placeholder, len(decided.legs)
    key = (run_id, ref.stage, ref.job, ref.leg)
    position = _position_of(connection, key) or _last_position(connection, run_id) + 1
    connection.execute("DELETE FROM jobs WHERE (run_id, stage, job, leg) = (?, ?, ?, ?)", key)
    connection.execute(
        "UPDATE jobs SET position = position + ? WHERE run_id = ? AND position > ?", (count - 1, run_id, position)
    )
    for place, record in enumerate(decided.legs, position):
        leg = (record.ref.stage, record.ref.job, record.ref.leg)
        connection.execute(_INSERT_JOB, (run_id, place, *leg, record.attempt, record.state, to_json(record)))


def _position_of(connection: sqlite3.Connection, key: tuple[object, ...]) -> int | None:
    row = connection.execute(
        "SELECT position FROM jobs WHERE run_id = ? AND stage = ? AND job = ? AND leg = ? LIMIT 1", key
    ).fetchone()
    return int(row["position"]) if row else None


def _last_position(connection: sqlite3.Connection, run_id: int) -> int:
    row = connection.execute("SELECT COALESCE(MAX(position), 0) AS last FROM jobs WHERE run_id = ?", (run_id,))
    return int(row.fetchone()["last"])


def _put_steps(connection: sqlite3.Connection, run_id: int, steps: Sequence[StepRecord]) -> None:
    connection.executemany(
        "INSERT INTO steps (run_id, stage, job, leg, attempt, step, data) VALUES (?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET data = excluded.data",
        [
            (run_id, step.job.stage, step.job.job, step.job.leg, step.attempt, step.index, to_json(step))
            for step in steps
        ],
    )


def _put_artifacts(connection: sqlite3.Connection, run_id: int, artifacts: Sequence[Artifact]) -> None:
    connection.executemany(
        "INSERT INTO artifacts (run_id, name, data) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET data = excluded.data",
        [(run_id, artifact.name, to_json(artifact)) for artifact in artifacts],
    )
