"""Summaries of training runs in SQLite, as last read back from MLflow, so that pages need no MLflow."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from msgspec.structs import asdict

from drivetrain.clock import SystemClock, timestamp
from drivetrain.record.tracking.model import TrainingRun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.clock import Clock
    from drivetrain.store.database import Database


class SqliteTrainingRuns:
    """The TrainingRuns and TrainingRunQueries ports on SQLite. Any thread may call it."""

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        self._database = database
        self._clock = clock or SystemClock()

    def upsert(self, run: TrainingRun) -> None:
        """Keep this summary in place of any earlier one with the same id."""
        # json, not msgspec: a metric may be NaN or infinite.
        data = json.dumps(asdict(run))
        now = timestamp(self._clock.now())
        row = (run.id, run.pipeline_run_id, run.start_time, run.deleted, data, now)
        with self._database.writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO training_runs (id, run_id, start_time, deleted, data, updated_at) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                row,
            )

    def get(self, run_id: str) -> TrainingRun | None:
        """The summary of one training run."""
        found = self._read("SELECT data FROM training_runs WHERE id = ?", run_id)
        return found[0] if found else None

    def of_pipeline_run(self, pipeline_run_id: int) -> Sequence[TrainingRun]:
        """The training runs of one pipeline run, not the deleted ones, by start time and then id."""
        return self._read(
            "SELECT data FROM training_runs WHERE run_id = ? AND NOT deleted ORDER BY start_time, id", pipeline_run_id
        )

    def latest(self, limit: int = 200) -> Sequence[TrainingRun]:
        """The newest that are not deleted, newest first."""
        return self._read(
            "SELECT data FROM training_runs WHERE NOT deleted ORDER BY start_time DESC, id DESC LIMIT ?", limit
        )

    def _read(self, statement: str, *values: object) -> list[TrainingRun]:
        with self._database.reading() as connection:
            rows = connection.execute(statement, values).fetchall()
        return [TrainingRun(**json.loads(row["data"])) for row in rows]
