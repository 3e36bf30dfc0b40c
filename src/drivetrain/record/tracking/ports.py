"""What tracking needs from elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.record.tracking.model import Registration, TrainingRun


class TrainingRuns(Protocol):
    """Keeps the summaries of training runs; called in a thread of its own, so it may block."""

    def upsert(self, run: TrainingRun) -> None:
        """Keep this summary in place of any earlier one with the same id."""
        ...

    def get(self, run_id: str) -> TrainingRun | None:
        """The summary of one training run."""
        ...

    def of_pipeline_run(self, pipeline_run_id: int) -> Sequence[TrainingRun]:
        """The training runs of one pipeline run, not the deleted ones, by start time and then id."""
        ...


class Registrations(Protocol):
    """Is told who asks MLflow's registry for what; called in a thread of its own, so it may block."""

    def begin(self, wish: Registration) -> int:
        """Somebody asks MLflow for this now; a number to tell its end by."""
        ...

    def end(self, note: int, *, done: bool) -> None:
        """MLflow has done it, or refused."""
        ...
