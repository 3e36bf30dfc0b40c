"""What hosts are told, in SQLite. What changes about a run is marked by triggers, in the transaction of the change."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from drivetrain.clock import SystemClock, timestamp
from drivetrain.view.answers.model import AnswerKind, Changed, Owed, ProjectAnswers, Subject

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from drivetrain.clock import Clock
    from drivetrain.store.database import Database

_SELECT = (
    "SELECT id, project_id, kind, subject, sha, pull_request, run_id, event_id, text, changes, owed_since, told, "
    "told_at, known, tries, due_at, trouble FROM answers "
)
_OF_PROJECT = "changes > 0 AND (?1 IS NULL OR project_id = ?1) "
_OWE = (
    "INSERT INTO answers (project_id, kind, subject, sha, pull_request, run_id, event_id, at, text, owed_since) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (project_id, kind, subject) "
)
_ANEW = _OWE + (
    "DO UPDATE SET changes = changes + 1, owed_since = iif(changes = 0, excluded.owed_since, owed_since), "
    "sha = excluded.sha, run_id = excluded.run_id, event_id = excluded.event_id, at = excluded.at "
    "WHERE at <= excluded.at"
)
_RUN_AT = (
    "SELECT coalesce(source_events.received_at, runs.created_at) AS at FROM runs "
    "LEFT JOIN source_events ON source_events.id = runs.source_event_id WHERE runs.id = ?"
)
_EVENT_AT = "SELECT received_at AS at FROM source_events WHERE id = ?"
_ONCE = _OWE + "DO NOTHING"


class SqliteAnswers:
    """The AnswerBook port on SQLite; any thread may call it."""

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        self._database = database
        self._clock = clock or SystemClock()

    def changed_runs(self, limit: int = 100) -> Sequence[Changed]:
        """Runs about which something has changed, oldest first."""
        query = "SELECT run_id, seen FROM changed_runs ORDER BY run_id LIMIT ?"
        with self._database.reading() as connection:
            return [Changed(*row) for row in connection.execute(query, (limit,))]

    def changed_events(self, limit: int = 100) -> Sequence[int]:
        """Events that have come to no run, oldest first."""
        query = "SELECT event_id FROM changed_events ORDER BY event_id LIMIT ?"
        with self._database.reading() as connection:
            return [row["event_id"] for row in connection.execute(query, (limit,))]

    def owe(self, subjects: Sequence[Subject], changed: Changed) -> None:
        """These are to be worked out anew from a run, and the run was looked at."""
        with self._database.writing() as connection:
            self._anew(connection, subjects, run_id=changed.run_id)
            connection.execute("DELETE FROM changed_runs WHERE run_id = ? AND seen = ?", (changed.run_id, changed.seen))

    def owe_event(self, subjects: Sequence[Subject], event_id: int) -> None:
        """The same of an event without a run."""
        with self._database.writing() as connection:
            self._anew(connection, subjects, event_id=event_id)
            connection.execute("DELETE FROM changed_events WHERE event_id = ?", (event_id,))

    def _anew(
        self,
        connection: sqlite3.Connection,
        subjects: Sequence[Subject],
        *,
        run_id: int | None = None,
        event_id: int | None = None,
    ) -> None:
        found = connection.execute(_RUN_AT if event_id is None else _EVENT_AT, (run_id or event_id,)).fetchone()
        now = timestamp(self._clock.now())
        for each in subjects if found else ():
            connection.execute(_ANEW, (*_place(each), run_id, event_id, found["at"], "", now))

    def say(self, project_id: int, number: int, text: str, once: str) -> bool:
        """The Replies port: a comment in answer to another is owed, unless one ever was under that key."""
        now, name = timestamp(self._clock.now()), sha256(once.encode("utf-8", "replace")).hexdigest()[:20]
        subject = Subject(project_id, AnswerKind.REPLY, f"reply {name}", pull_request=number)
        with self._database.writing() as connection:
            return connection.execute(_ONCE, (*_place(subject), None, None, now, text, now)).rowcount > 0

    def due(self, now: str, limit: int = 100) -> Sequence[Owed]:
        """What is to be tried now, oldest first."""
        where = "WHERE changes > 0 AND due_at <= ? ORDER BY owed_since, id LIMIT ?"
        return self._read(where, now, limit)

    def owed(self, project_id: int | None = None, limit: int = 1000) -> Sequence[Owed]:
        """What hosts do not have yet, oldest first."""
        return self._read(f"WHERE {_OF_PROJECT} ORDER BY owed_since, id LIMIT ?2", project_id, limit)

    def _read(self, where: str, *values: object) -> list[Owed]:
        with self._database.reading() as connection:
            return [_owed(row) for row in connection.execute(_SELECT + where, values)]

    def standing(self, project_id: int) -> ProjectAnswers:
        """How it stands with one project."""
        query = (
            "SELECT count(*) AS owed, coalesce(min(owed_since), '') AS since, coalesce(max(trouble), '') AS trouble, "
            "coalesce(min(nullif(due_at, '')), '') AS next_try FROM answers WHERE changes > 0 AND project_id = ?"
        )
        with self._database.reading() as connection:
            return ProjectAnswers(project_id, *connection.execute(query, (project_id,)).fetchone())

    def retry(self, project_id: int | None = None) -> int:
        """Have all that is owed tried now."""
        statement = f"UPDATE answers SET due_at = '', tries = 0 WHERE {_OF_PROJECT}"  # noqa: S608 - a constant
        with self._database.writing() as connection:
            return connection.execute(statement, (project_id,)).rowcount

    def told(self, owed: Owed, digest: str, known: str) -> None:
        """The host has it; what has changed since it was read is still owed."""
        statement = (
            "UPDATE answers SET told = ?, known = ?, told_at = ?, changes = changes - ?, owed_since = ?, "
            "tries = 0, due_at = '', trouble = '' WHERE id = ?"
        )
        with self._database.writing() as connection:
            now = timestamp(self._clock.now())
            connection.execute(statement, (digest, known, now, owed.changes, now, owed.id))

    def later(self, owed: Owed, due_at: str) -> None:
        """It is looked at again then."""
        with self._database.writing() as connection:
            connection.execute("UPDATE answers SET due_at = ? WHERE id = ?", (due_at, owed.id))

    def failed(self, owed: Owed, trouble: str, due_at: str) -> None:
        """It could not be told; it is tried again then."""
        statement = "UPDATE answers SET tries = tries + 1, trouble = ?, due_at = ? WHERE id = ?"
        with self._database.writing() as connection:
            connection.execute(statement, (trouble, due_at, owed.id))

    def postpone(self, project_id: int, trouble: str, due_at: str) -> None:
        """All of a project that is due earlier is tried again then."""
        statement = "UPDATE answers SET trouble = ?, due_at = ? WHERE project_id = ? AND changes > 0 AND due_at < ?"
        with self._database.writing() as connection:
            connection.execute(statement, (trouble, due_at, project_id, due_at))


def _place(subject: Subject) -> tuple[object, ...]:
    return subject.project_id, subject.kind, subject.name, subject.sha, subject.pull_request


def _owed(row: sqlite3.Row) -> Owed:
    subject = Subject(row["project_id"], AnswerKind(row["kind"]), row["subject"], row["sha"], row["pull_request"])
    names = (
        "run_id",
        "event_id",
        "text",
        "changes",
        "owed_since",
        "told",
        "told_at",
        "known",
        "tries",
        "due_at",
        "trouble",
    )
    return Owed(row["id"], subject, *(row[name] for name in names))
