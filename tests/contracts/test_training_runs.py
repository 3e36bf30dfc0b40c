from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec.structs
import pytest

from drivetrain.record.tracking.memory import MemoryTrainingRuns
from drivetrain.record.tracking.model import TrainingRun
from drivetrain.store.database import Database
from drivetrain.store.training_runs import SqliteTrainingRuns

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drivetrain.record.tracking.ports import TrainingRuns

IMPLEMENTATIONS: dict[str, Callable[[Path], TrainingRuns]] = {
    "memory": lambda _: MemoryTrainingRuns(),
    "sqlite": lambda folder: SqliteTrainingRuns(Database(folder / "drivetrain.db")),
}

RUN = TrainingRun(
    id="a1",
    pipeline_run_id=7,
    job="Train",
    experiment_id="1",
    experiment="turbofan",
    name="languid-boar",
    status="RUNNING",
    start_time=1000,
    end_time=None,
    params={"depth": "3", "ünï": "↯"},
    metrics={"rmse": 0.5, "huge": 1e300},
    tags={"drivetrain.build_id": "7"},
)


@pytest.fixture(params=IMPLEMENTATIONS)
def training_runs(request: pytest.FixtureRequest, tmp_path: Path) -> TrainingRuns:
    return IMPLEMENTATIONS[request.param](tmp_path)


def test_a_summary_comes_back_as_it_was(training_runs: TrainingRuns) -> None:
    training_runs.upsert(RUN)
    assert training_runs.get("a1") == RUN
    assert training_runs.get("a2") is None


def test_a_later_summary_takes_the_place_of_the_earlier(training_runs: TrainingRuns) -> None:
    training_runs.upsert(RUN)
    done = msgspec.structs.replace(RUN, status="FINISHED", end_time=2000, metrics={"rmse": 0.25}, params={})
    training_runs.upsert(done)
    assert training_runs.get("a1") == done
    assert list(training_runs.of_pipeline_run(7)) == [done]


def test_the_runs_of_a_pipeline_run_come_by_start_time_then_id(training_runs: TrainingRuns) -> None:
    for run_id, start in (("c", 5), ("b", 9), ("a", 9)):
        training_runs.upsert(msgspec.structs.replace(RUN, id=run_id, start_time=start))
    training_runs.upsert(msgspec.structs.replace(RUN, id="foreign", pipeline_run_id=8))
    training_runs.upsert(msgspec.structs.replace(RUN, id="by hand", pipeline_run_id=None))
    assert [run.id for run in training_runs.of_pipeline_run(7)] == ["c", "a", "b"]


def test_a_deleted_run_is_listed_no_more_until_it_is_restored(training_runs: TrainingRuns) -> None:
    training_runs.upsert(msgspec.structs.replace(RUN, deleted=True))
    assert list(training_runs.of_pipeline_run(7)) == []
    kept = training_runs.get("a1")
    assert kept is not None
    assert kept.deleted
    training_runs.upsert(RUN)
    assert list(training_runs.of_pipeline_run(7)) == [RUN]


def test_metrics_that_are_no_numbers_are_kept(training_runs: TrainingRuns) -> None:
    training_runs.upsert(msgspec.structs.replace(RUN, metrics={"nan": math.nan, "inf": math.inf}))
    kept = training_runs.get("a1")
    assert kept is not None
    assert math.isnan(kept.metrics["nan"])
    assert kept.metrics["inf"] == math.inf
