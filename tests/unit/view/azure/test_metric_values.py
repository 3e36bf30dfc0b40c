"""What azureml-core logs, as MLflow's metrics and as rows."""

from __future__ import annotations

from typing import Any

import pytest

from drivetrain.errors import UserError
from drivetrain.view.api.azure.metrics.values import document, logged, mlflow_name, numbers, shown_number


def metric(name: str, columns: dict[str, str], *rows: dict[str, Any], kind: str = "azureml.v1.scalar") -> Any:
    value = [{"metricId": "m", "createdUtc": "2026-01-02T03:04:05Z", "data": row} for row in rows]
    return {"name": name, "columns": columns, "value": value, "properties": {"uxMetricType": kind}}


def test_numbers_are_metrics_and_tables_are_metrics_by_column() -> None:
    scalar = logged(metric("rmse", {"rmse": "double"}, {"rmse": 0.5}), 0)
    assert scalar.is_numbers
    assert list(numbers(scalar)) == [("rmse", 0.5, 1767323045000, None)]
    table = logged(metric("t", {"x": "int", "s": "string"}, {"x": 1, "s": "a"}, kind="azureml.v1.table"), 0)
    assert not table.is_numbers
    assert [(name, value) for name, value, _, _ in numbers(table)] == [("t/x", 1.0)]


def test_a_text_is_no_number_but_is_told_as_one() -> None:
    text = logged(metric("solver", {"solver": "string"}, {"solver": "lbfgs"}), 0)
    assert text.is_text
    assert not text.is_numbers
    assert list(numbers(text)) == []


@pytest.mark.parametrize(
    ("name", "known"),
    [("a b/c.d-e:f", "a b/c.d-e:f"), ("share (%)", "share ___"), ("../x", "__/x"), ("//", "_/_/_"), ("é", "é")],
)
def test_a_name_that_mlflow_refuses_gets_underscores(name: str, known: str) -> None:
    assert mlflow_name(name) == known


@pytest.mark.parametrize(
    ("value", "kind", "shown"),
    [(3.0, "int", 3), (3.5, "int", 3.5), (1.0, "bool", True), (float("nan"), "double", "NaN"), (2.0, "double", 2.0)],
)
def test_a_value_comes_back_as_the_type_that_it_was_logged_with(value: float, kind: str, shown: object) -> None:
    found = shown_number(value, kind)
    assert (found, type(found)) == (shown, type(shown))


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "", "columns": {}, "value": []},
        {"name": "n", "columns": {"n": 1}, "value": []},
        {"name": "n", "columns": {}, "value": {}},
        {"name": "n", "columns": {"n": "int"}, "value": [1]},
        {"name": "n", "columns": {"n": "int"}, "value": [{"data": {"n": 1}, "step": "x"}]},
        {"name": "n", "columns": {"n": "int"}, "value": [{"data": {"n": 1}, "step": 2**63}]},
    ],
)
def test_what_is_no_metric_is_refused(body: Any) -> None:
    with pytest.raises(UserError):
        logged(body, 0)


def test_a_series_has_no_number_that_json_has_not() -> None:
    found = document(
        "r", "t", "azureml.v1.table", {"x": "double"}, [{"data": {"x": float("inf")}, "time": 0, "step": None}]
    )
    assert found["value"][0]["data"] == {"x": "Infinity"}
