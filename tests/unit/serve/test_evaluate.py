"""Evaluations with real processes: ours, and a replica that computes with what it is asked."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from msgspec.structs import replace

from drivetrain.definition.gate.model import Direction, Evaluation, GateFile, Kind, LatencyRule, MetricRule
from drivetrain.errors import UserError
from drivetrain.registry.versions.model import ModelVersion
from drivetrain.serve.evaluate.__main__ import evaluate
from drivetrain.serve.evaluate.evaluator import ServedEvaluator
from drivetrain.serve.evaluate.model import Order
from drivetrain.serve.model import Launch, Speaks

if TYPE_CHECKING:
    from drivetrain.registry.gates.model import Slice

TOY = Path(__file__).with_name("toy_replica.py")
LOW = Direction.LOWER
REGRESSION = "x,sex,y\n1,1,2\n2,1,4\n3,2,7\n4,,8\n"


def launch(behaviour: str, tmp_path: Path) -> Launch:
    return Launch((sys.executable, "-I", str(TOY), "{socket}", behaviour), str(tmp_path), Speaks.FRAMES)


def order(behaviour: str, data: str, tmp_path: Path, kind: Kind = Kind.REGRESSION) -> Order:
    path = tmp_path / "data.csv"
    path.write_text(data, "utf-8")
    (tmp_path / "r").mkdir()
    evaluation = Evaluation("data.csv", "y", kind)
    return Order(launch(behaviour, tmp_path), str(path), evaluation, folder=str(tmp_path / "r"))


def of(slices: tuple[Slice, ...]) -> dict[str, tuple[int, float]]:
    return {f"{each.column}={each.value}": (each.rows, each.metrics["mean_absolute_error"]) for each in slices}


def test_a_regression_by_slices(tmp_path: Path) -> None:
    found = evaluate(replace(order("doubles", REGRESSION, tmp_path), slices=(("sex", None),)))
    assert of(found.slices) == {"=": (4, 0.25), "sex=": (1, 0.0), "sex=1": (2, 0.0), "sex=2": (1, 1.0)}
    whole = found.slices[0]
    assert whole.metrics["root_mean_squared_error"] == 0.5
    assert whole.metrics["max_error"] == 1.0
    assert not whole.problems
    assert found.latencies == ()


def test_only_the_slices_that_are_asked_for(tmp_path: Path) -> None:
    asked = replace(order("doubles", REGRESSION, tmp_path), slices=(("sex", "2"), ("sex", "9")))
    assert of(evaluate(asked).slices) == {"=": (4, 0.25), "sex=2": (1, 1.0)}


def test_what_is_not_defined_is_a_problem_and_no_number(tmp_path: Path) -> None:
    found = evaluate(replace(order("doubles", REGRESSION, tmp_path), slices=(("sex", "2"),)))
    alone = found.slices[1]
    assert "r2_score" not in alone.metrics
    assert "less than two samples" in alone.problems["r2_score"]


def test_parquet(tmp_path: Path) -> None:
    asked = order("doubles", REGRESSION, tmp_path)
    path = tmp_path / "data.parquet"
    pd.read_csv(asked.data).to_parquet(path)
    assert evaluate(replace(asked, data=str(path))).slices[0].metrics["mean_absolute_error"] == 0.25


def test_the_model_gets_the_columns_of_its_signature(tmp_path: Path) -> None:
    found = evaluate(replace(order("doubles", REGRESSION, tmp_path), columns=("x",)))
    assert found.slices[0].rows == 4
    with pytest.raises(UserError, match=r"lacks columns that the model asks for: 'age'"):
        evaluate(replace(order_again(tmp_path), columns=("x", "age")))


def order_again(tmp_path: Path) -> Order:
    (tmp_path / "r").rename(tmp_path / "before")
    return order("doubles", REGRESSION, tmp_path)


CLASSES = "x,y\n-2,no\n-1,no\n1,yes\n2,yes\n-3,yes\n"


def test_labels(tmp_path: Path) -> None:
    (whole,) = evaluate(order("labels", CLASSES, tmp_path, Kind.CLASSIFICATION)).slices
    assert whole.metrics["accuracy_score"] == 0.8
    assert whole.metrics["precision_score"] == 1.0
    assert whole.metrics["recall_score"] == pytest.approx(2 / 3)
    assert whole.metrics["f1_score"] == pytest.approx(0.8)
    assert {name for name, why in whole.problems.items() if "probabilities" in why} == {
        "roc_auc",
        "precision_recall_auc",
        "log_loss",
    }


def test_probabilities(tmp_path: Path) -> None:
    (whole,) = evaluate(order("probabilities", CLASSES, tmp_path, Kind.CLASSIFICATION)).slices
    assert whole.metrics["accuracy_score"] == 0.8
    assert whole.metrics["roc_auc"] == pytest.approx(4 / 6)
    assert 0 < whole.metrics["log_loss"] < 2
    assert not whole.problems


def test_labels_with_probabilities_beside_them(tmp_path: Path) -> None:
    asked = order("labels", CLASSES, tmp_path, Kind.CLASSIFICATION)
    (whole,) = evaluate(replace(asked, probabilities=launch("probabilities", tmp_path))).slices
    assert whole.metrics["accuracy_score"] == 0.8
    assert whole.metrics["roc_auc"] == pytest.approx(4 / 6)
    assert not whole.problems


def test_one_label_has_no_curve(tmp_path: Path) -> None:
    asked = order("probabilities", "x,y,z\n-2,no,1\n2,yes,2\n", tmp_path, Kind.CLASSIFICATION)
    slices = evaluate(replace(asked, slices=(("z", "1"),))).slices
    assert "it needs rows of all 2 labels" in slices[1].problems["roc_auc"]
    assert slices[1].problems["recall_score"]


def test_latency_is_of_one_row_a_request(tmp_path: Path) -> None:
    asked = order("slow", "x,y\n1,2\n", tmp_path)
    found = evaluate(replace(asked, latency=True, evaluation=replace(asked.evaluation, calls=3)))
    assert len(found.latencies) == 3
    assert min(found.latencies) >= 50


@pytest.mark.parametrize(
    ("behaviour", "data", "what"),
    [
        ("doubles", "x,z\n1,2\n", "no column 'y', the target"),
        ("doubles", "x,y\n", "has no rows"),
        ("doubles", "x,y\n1,\n2,3\n", "1 rows of data.csv have no y"),
        ("doubles", "", "cannot be read"),
        ("doubles", '\0\0\0\n\0,"', "data.csv"),
        ("refuses", "x,y\n1,2\n", "cannot predict this data: .*x must be a text"),
        ("no JSON", "x,y\n1,2\n", "is not JSON"),
        ("too few", "x,y\n1,2\n1,2\n", "asked for 2 rows, and gave 1 answers"),
        ("texts", "x,y\n1,2\n", "are no predictions of a regression"),
        ("never starts", "x,y\n1,2\n", "has ended with code 1"),
        ("dies", "x,y\n1,2\n", "process has"),
    ],
)
def test_what_cannot_be_evaluated_is_said(behaviour: str, data: str, what: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=what):
        evaluate(order(behaviour, data, tmp_path))


def test_the_log_of_a_model_that_does_not_start_is_shown(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        evaluate(order("never starts", "x,y\n1,2\n", tmp_path))
    assert "no module named nothing" in caught.value.hint


def test_a_program_of_its_own_cannot_be_asked(tmp_path: Path) -> None:
    asked = order("doubles", REGRESSION, tmp_path)
    with pytest.raises(UserError, match="program of its own"):
        evaluate(replace(asked, launch=replace(asked.launch, speaks=Speaks.HTTP)))


class _Toys:
    def __init__(self, found: Launch) -> None:
        self._found = found

    def launch(self, version: ModelVersion) -> Launch:
        assert version.reference == "m:1"
        return self._found

    def probabilities(self, version: ModelVersion) -> Launch | None:
        assert version.reference == "m:1"
        return None


VERSION = ModelVersion("m", "1", signature={"inputs": [{"name": "x", "type": "double"}]})


def test_the_evaluator_of_gates_has_a_process_of_its_own_do_it(tmp_path: Path) -> None:
    asked = order("doubles", REGRESSION, tmp_path)
    gate = GateFile(
        "g",
        (MetricRule("mae", LOW, column="sex"), LatencyRule(most_ms=1000)),
        replace(asked.evaluation, calls=2),
    )
    found = ServedEvaluator(lambda: _Toys(asked.launch)).evaluate(VERSION, Path(asked.data), gate)
    assert of(found.slices) == {"=": (4, 0.25), "sex=": (1, 0.0), "sex=1": (2, 0.0), "sex=2": (1, 1.0)}
    assert len(found.latencies) == 2
    with pytest.raises(UserError, match=r"m:1 cannot be evaluated: data.csv has no column 'z'"):
        ServedEvaluator(lambda: _Toys(asked.launch)).evaluate(
            VERSION, Path(asked.data), replace(gate, evaluation=replace(asked.evaluation, target="z"))
        )
