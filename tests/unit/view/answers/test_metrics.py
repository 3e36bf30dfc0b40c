from __future__ import annotations

import math

import pytest

from drivetrain.view.answers.metrics import Beside, Direction, Mark, beside, direction_of, paired
from tests.unit.view.answers.stories import training


@pytest.mark.parametrize(
    ("name", "direction"),
    [
        ("loss", "min"),
        ("val_loss", "min"),
        ("training/valLoss", "min"),
        ("RMSE", "min"),
        ("testRMSE", "min"),
        ("mean_absolute_error", "min"),
        ("error_rate", "min"),
        ("p95_latency_ms", "min"),
        ("logLoss", "min"),
        ("accuracy", "max"),
        ("eval_accuracy", "max"),
        ("train_loss_accuracy", "max"),
        ("AUC", "max"),
        ("roc_auc", "max"),
        ("f1_score", "max"),
        ("r2", "max"),
        ("R2_score", "max"),
        ("precision@10", "max"),
        ("neg_mean_squared_error", "max"),
        ("epochs", ""),
        ("learning_rate", ""),
        ("", ""),
        ("accurate", ""),
        ("class", ""),
    ],
)
def test_the_direction_is_known_by_words_of_the_name(name: str, direction: str) -> None:
    assert direction_of(name, {}) == direction


def test_a_tag_of_the_training_run_decides() -> None:
    tags = {"drivetrain.metric.loss": "max", "drivetrain.metric.size": "MIN ", "drivetrain.metric.acc": "up"}
    assert direction_of("loss", tags) == "max"
    assert direction_of("size", tags) == "min"
    assert direction_of("acc", tags) == "max"


@pytest.mark.parametrize(
    ("now", "then", "direction", "mark"),
    [
        (0.9, 0.8, "max", "better"),
        (0.8, 0.9, "max", "worse"),
        (0.8, 0.9, "min", "better"),
        (0.9, 0.8, "min", "worse"),
        (0.9, 0.9, "min", "same"),
        (0.9, 0.9 + 1e-13, "", "same"),
        (0.9, 0.8, "", ""),
        (0.9, None, "max", ""),
        (math.nan, 0.8, "max", ""),
        (0.9, math.nan, "max", ""),
        (math.inf, 0.8, "max", "better"),
        (math.inf, math.inf, "max", "same"),
    ],
)
def test_marks(now: float, then: float | None, direction: str, mark: str) -> None:
    assert Beside("m", now, then, Direction(direction)).mark == mark


def test_worse_metrics_come_first() -> None:
    now = training({"a_loss": 1.0, "b_acc": 0.9, "c": 1.0, "d_acc": 0.5, "e_loss": 0.1})
    then = training({"a_loss": 1.0, "b_acc": 0.8, "c": 2.0, "d_acc": 0.6, "e_loss": 0.2})
    found = [(each.name, each.mark) for each in beside(now, then)]
    assert found == [
        ("d_acc", Mark.WORSE), ("b_acc", Mark.BETTER), ("e_loss", Mark.BETTER), ("c", Mark.NONE), ("a_loss", Mark.SAME)
    ]  # fmt: skip


def test_training_runs_are_paired_by_experiment_and_job_in_their_order() -> None:
    def made(name: str, experiment: str = "churn", job: str = "Train", **tags: str) -> object:
        return training({}, name=name, experiment=experiment, job=job, tags=tags)

    now = [made("n1"), made("n2"), made("trial", **{"mlflow.parentRunId": "n1"}), made("n3", "other"), made("n4")]
    then = [made("t0", **{"mlflow.parentRunId": "x"}), made("t1"), made("t2"), made("t3", job="Test")]
    found = [(one.name, other.name if other else None) for one, other in paired(now, then)]  # type: ignore[arg-type]
    assert found == [("n1", "t1"), ("n2", "t2"), ("n3", None), ("n4", None)]
