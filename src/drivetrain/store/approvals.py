"""Questions to people and what they decided, inside of a transaction that somebody else holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.clock import timestamp
from drivetrain.errors import NotFoundError
from drivetrain.run.checks.model import Approval, ApprovalState, Decision, Waiting
from drivetrain.run.model import RepositorySource
from drivetrain.store.rows import from_json, to_json

if TYPE_CHECKING:
    import sqlite3

    from drivetrain.clock import Clock
    from drivetrain.run.model import JobRecord

_COLUMNS = "approvals.id, approvals.state, approvals.finished_at, approvals.data"
_STAGE_ATTEMPT = "SELECT json_extract(data, '$.attempt') AS attempt FROM stages WHERE (run_id, name) = (?, ?)"
_COUNTS = (
    "SELECT 1 FROM runs WHERE id = :run AND state <> 'completed' AND NOT cancel_requested AND NOT EXISTS ("
    "SELECT 1 FROM stages WHERE run_id = :run AND name = :stage AND (json_extract(data, '$.attempt') > :attempt "
    "OR (json_extract(data, '$.attempt') = :attempt AND json_extract(data, '$.state') = 'completed')))"
)
_DECIDED = "('approved', 'rejected')"


class Approvals:
    """The `approvals` and `decisions` tables."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def ask(self, connection: sqlite3.Connection, approval: Approval) -> None:
        """Ask, unless the same place asks already. A step of a job that is tried again because its runner was lost
        gets the answer that the attempt before had: nobody is asked twice.
        """
        job = approval.job
        place = (job.job, job.leg) if job is not None else ("", "")
        attempt = approval.attempt or self._stage_attempt(connection, approval)
        asked = replace(
            approval, attempt=attempt, requested_for=approval.requested_for or _requester(connection, approval)
        )
        cursor = connection.execute(
            "INSERT OR IGNORE INTO approvals (run_id, stage, attempt, check_id, job, leg, job_attempt, step, data) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                asked.run_id,
                asked.stage,
                attempt,
                asked.check_id,
                *place,
                asked.job_attempt,
                asked.step,
                to_json(asked),
            ),
        )
        if cursor.rowcount and job is not None:
            self._answer_again(connection, int(cursor.lastrowid or 0), asked)

    def _stage_attempt(self, connection: sqlite3.Connection, approval: Approval) -> int:
        row = connection.execute(_STAGE_ATTEMPT, (approval.run_id, approval.stage)).fetchone()
        return int(row["attempt"]) if row else 1

    def _answer_again(self, connection: sqlite3.Connection, new: int, asked: Approval) -> None:
        job = asked.job
        row = connection.execute(
            "SELECT id, state FROM approvals WHERE (run_id, stage, attempt, check_id, job, leg, step) = "  # noqa: S608
            f"(?, ?, ?, 0, ?, ?, ?) AND job_attempt < ? AND state IN {_DECIDED} ORDER BY job_attempt DESC LIMIT 1",
            (
                asked.run_id,
                asked.stage,
                asked.attempt,
                job.job if job else "",
                job.leg if job else "",
                asked.step,
                asked.job_attempt,
            ),
        ).fetchone()
        if row is None:
            return
        connection.execute(
            "INSERT INTO decisions (approval_id, decided_by, approve, comment, acting, decided_at) "
            "SELECT ?, decided_by, approve, comment, acting, decided_at FROM decisions WHERE approval_id = ?",
            (new, row["id"]),
        )
        self._close(connection, new, ApprovalState(row["state"]), self._now())

    def get(self, connection: sqlite3.Connection, approval_id: int) -> Approval:
        """A question. Raises NotFoundError."""
        query = f"SELECT {_COLUMNS} FROM approvals WHERE id = ?"  # noqa: S608 - own columns
        row = connection.execute(query, (approval_id,)).fetchone()
        if row is None:
            raise NotFoundError(f"there is no approval {approval_id}", hint="drivetrain approvals")
        return _approval(connection, row)

    def of_run(self, connection: sqlite3.Connection, run_id: int) -> list[Approval]:
        """All of a run."""
        query = f"SELECT {_COLUMNS} FROM approvals WHERE run_id = ? ORDER BY id"  # noqa: S608 - own columns
        return [_approval(connection, row) for row in connection.execute(query, (run_id,)).fetchall()]

    def waiting(self, connection: sqlite3.Connection) -> list[Waiting]:
        """Those that wait, of runs that are under way."""
        query = (
            f"SELECT {_COLUMNS}, number, pipeline, project, source FROM approvals "  # noqa: S608 - own columns
            "JOIN runs ON runs.id = run_id WHERE approvals.state = 'pending' AND runs.state <> 'completed' "
            "ORDER BY approvals.id"
        )
        found = []
        for row in connection.execute(query).fetchall():
            source = from_json(row["source"], RepositorySource)
            commit = source.commit
            run = (row["number"], row["pipeline"], row["project"], source.ref, commit.sha, commit.message)
            approval = _approval(connection, row)
            if self.counts(connection, approval):
                found.append(Waiting(approval, *run))
        return found

    def counts(self, connection: sqlite3.Connection, approval: Approval) -> bool:
        """Whether anything still waits for the answer: the word that it does not may have been lost with a driver."""
        place = {"run": approval.run_id, "stage": approval.stage, "attempt": approval.attempt}
        return connection.execute(_COUNTS, place).fetchone() is not None

    def keep(self, connection: sqlite3.Connection, before: Approval, after: Approval) -> None:
        """Write new decisions down, and how the question ended."""
        for decision in after.decisions[len(before.decisions) :]:
            connection.execute(
                "INSERT INTO decisions (approval_id, decided_by, approve, comment, acting, decided_at) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (after.id, decision.by, decision.approve, decision.comment, decision.acting, decision.at),
            )
        if after.state is not before.state:
            self._close(connection, after.id, after.state, after.finished_at)

    def end(self, connection: sqlite3.Connection, approval_id: int, state: ApprovalState) -> bool:
        """A question that nobody has to answer any more; whether it was still pending."""
        return self._close(connection, approval_id, state, self._now())

    def end_checks(self, connection: sqlite3.Connection, run_id: int, stage: str, attempt: int) -> None:
        """The gate is closed: those of its checks that still wait are over."""
        connection.execute(
            "UPDATE approvals SET state = 'over', finished_at = ? WHERE (run_id, stage, attempt) = (?, ?, ?) "
            "AND check_id <> 0 AND state = 'pending'",
            (self._now(), run_id, stage, attempt),
        )

    def end_job(self, connection: sqlite3.Connection, run_id: int, record: JobRecord) -> None:
        """The attempt at a job is over, and with it what its steps ask."""
        ref = record.ref
        connection.execute(
            "UPDATE approvals SET state = 'over', finished_at = ? WHERE (run_id, stage, job, leg, job_attempt) = "
            "(?, ?, ?, ?, ?) AND check_id = 0 AND state = 'pending'",
            (self._now(), run_id, ref.stage, ref.job, ref.leg, record.attempt),
        )

    def end_step(self, connection: sqlite3.Connection, ended: Approval) -> None:
        """A step has stopped waiting by itself."""
        job = ended.job
        connection.execute(
            "UPDATE approvals SET state = ?, finished_at = ? WHERE (run_id, stage, job, leg, job_attempt, step) = "
            "(?, ?, ?, ?, ?, ?) AND check_id = 0 AND state = 'pending'",
            (
                ended.state,
                self._now(),
                ended.run_id,
                ended.stage,
                job.job if job else "",
                job.leg if job else "",
                ended.job_attempt,
                ended.step,
            ),
        )

    def _close(self, connection: sqlite3.Connection, approval_id: int, state: ApprovalState, at: str) -> bool:
        cursor = connection.execute(
            "UPDATE approvals SET state = ?, finished_at = ? WHERE id = ? AND state = 'pending'",
            (state, at, approval_id),
        )
        return bool(cursor.rowcount)

    def _now(self) -> str:
        return timestamp(self._clock.now())


def _requester(connection: sqlite3.Connection, approval: Approval) -> str:
    row = connection.execute("SELECT requested_for FROM runs WHERE id = ?", (approval.run_id,)).fetchone()
    return str(row["requested_for"]) if row else ""


def _approval(connection: sqlite3.Connection, row: sqlite3.Row) -> Approval:
    decisions = connection.execute(
        "SELECT decided_by, approve, comment, decided_at, acting FROM decisions WHERE approval_id = ? ORDER BY id",
        (row["id"],),
    ).fetchall()
    return replace(
        from_json(row["data"], Approval),
        id=row["id"],
        state=ApprovalState(row["state"]),
        finished_at=row["finished_at"],
        decisions=tuple(
            Decision(each["decided_by"], bool(each["approve"]), each["comment"], each["decided_at"], each["acting"])
            for each in decisions
        ),
    )
