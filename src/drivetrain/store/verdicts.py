"""Verdicts of gates in SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.errors import NotFoundError
from drivetrain.registry.gates.model import Finding, Verdict
from drivetrain.store.rows import from_json, to_json

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from drivetrain.store.database import Database

_COLUMNS = "id, at, gate, model, version, champion, passed, findings, rules, data_digest, run_id, step, by, promoted"


class SqliteVerdicts:
    """The Verdicts port on SQLite. Any thread may call it; every call is one transaction."""

    def __init__(self, database: Database) -> None:
        """Nothing is opened before the first call."""
        self._database = database

    def add(self, verdict: Verdict) -> Verdict:
        """Keep it, under a new id."""
        name, _, version = verdict.candidate.rpartition(":")
        values = (
            verdict.at,
            verdict.gate,
            name,
            version,
            verdict.champion,
            verdict.passed,
            to_json(verdict.findings),
            verdict.rules,
            verdict.data_digest,
            verdict.run_id,
            verdict.step,
            verdict.by,
            verdict.promoted,
        )
        places = ", ".join("?" * len(values))
        statement = f"INSERT INTO verdicts ({_COLUMNS.removeprefix('id, ')}) VALUES ({places}) RETURNING id"  # noqa: S608
        with self._database.writing() as connection:
            row = connection.execute(statement, values).fetchone()
            return replace(verdict, id=row["id"])

    def promoted(self, verdict_id: int, alias: str) -> Verdict:
        """Note that the candidate got an alias for it. Raises NotFoundError."""
        with self._database.writing() as connection:
            connection.execute("UPDATE verdicts SET promoted = ? WHERE id = ?", (alias, verdict_id))
            return self.get(verdict_id)

    def get(self, verdict_id: int) -> Verdict:
        """One of them. Raises NotFoundError."""
        found = self._read("WHERE id = ?", verdict_id)
        if not found:
            raise NotFoundError(f"there is no verdict {verdict_id}", hint="drivetrain verdicts lists them")
        return found[0]

    def of_run(self, run_id: int) -> Sequence[Verdict]:
        """Those that a pipeline run has asked for, the oldest first."""
        return self._read("WHERE run_id = ? ORDER BY id", run_id)

    def of_model(self, name: str, version: str = "") -> Sequence[Verdict]:
        """Those of a model's versions as candidates, the newest first."""
        if version:
            return self._read("WHERE model = ? AND version = ? ORDER BY id DESC", name, version)
        return self._read("WHERE model = ? ORDER BY id DESC", name)

    def latest(self, limit: int = 200) -> Sequence[Verdict]:
        """The newest of all, newest first."""
        return self._read("ORDER BY id DESC LIMIT ?", limit)

    def _read(self, where: str, *values: object) -> list[Verdict]:
        with self._database.reading() as connection:
            rows = connection.execute(f"SELECT {_COLUMNS} FROM verdicts {where}", values).fetchall()  # noqa: S608 - ours
        return [_verdict(row) for row in rows]


def _verdict(row: sqlite3.Row) -> Verdict:
    return Verdict(
        id=row["id"],
        at=row["at"],
        gate=row["gate"],
        candidate=f"{row['model']}:{row['version']}",
        champion=row["champion"],
        passed=bool(row["passed"]),
        findings=from_json(row["findings"], tuple[Finding, ...]),
        rules=row["rules"],
        data_digest=row["data_digest"],
        run_id=row["run_id"],
        step=row["step"],
        by=row["by"],
        promoted=row["promoted"],
    )
