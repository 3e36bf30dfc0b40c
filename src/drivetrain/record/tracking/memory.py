"""Summaries kept in memory: for tests, and for a front that has no database behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.record.tracking.model import TrainingRun


class MemoryTrainingRuns:
    """`TrainingRuns` that last as long as the process."""

    def __init__(self) -> None:
        self._runs: dict[str, TrainingRun] = {}

    def upsert(self, run: TrainingRun) -> None:
        """Keep this summary in place of any earlier one with the same id."""
        self._runs[run.id] = run

    def get(self, run_id: str) -> TrainingRun | None:
        """The summary of one training run."""
        return self._runs.get(run_id)

    def of_pipeline_run(self, pipeline_run_id: int) -> Sequence[TrainingRun]:
        """The training runs of one pipeline run, not the deleted ones, by start time and then id."""
        mine = [r for r in self._runs.values() if r.pipeline_run_id == pipeline_run_id and not r.deleted]
        return sorted(mine, key=lambda run: (run.start_time, run.id))
