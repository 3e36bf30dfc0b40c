"""What counts as the same model."""

from __future__ import annotations

import math

import pytest
from msgspec.structs import replace

from drivetrain.registry.versions.model import DataAsset, ModelVersion
from drivetrain.registry.versions.reproduction import Tolerance, differences, lasting

FIRST = ModelVersion(
    "fraud",
    "1",
    metrics={"rmse": 0.5, "odd": math.nan},
    params={"alpha": "1"},
    files={"MLmodel": "sha256:a", "model.pkl": "sha256:b", "registered_model_meta": "sha256:c"},
    python="3.12.1",
    packages={"numpy": "2.0"},
    data=(DataAsset("sales", "d1", context="training"),),
)
SAID = {"flavors": {"sklearn": {}}, "run_id": "1", "utc_time_created": "then"}


def kinds(now: ModelVersion, tolerance: Tolerance = Tolerance(), alike: tuple[str, ...] = ("MLmodel",)) -> list[str]:  # noqa: B008 - frozen
    found = differences(FIRST, now, tolerance, alike.__contains__)
    return [f"{each.kind} {each.name} {'!' if each.counts else '?'}" for each in found]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, []),
        ({"version": "2", "training_run": "x"}, []),
        ({"metrics": {"rmse": 0.5000001, "odd": math.nan}}, ["metric rmse !"]),
        ({"metrics": {"rmse": 0.5}}, ["metric odd !"]),
        ({"metrics": {**FIRST.metrics, "more": 1.0}}, ["metric more !"]),
        ({"files": {**FIRST.files, "model.pkl": "sha256:x"}}, ["file model.pkl !"]),
        ({"files": {**FIRST.files, "registered_model_meta": "sha256:x"}}, []),
        ({"files": {**FIRST.files, "MLmodel": "sha256:x"}}, []),
        ({"files": {"MLmodel": "sha256:a"}}, ["file model.pkl !"]),
        ({"params": {"alpha": "2"}}, ["parameter alpha ?"]),
        ({"python": "3.12.2", "packages": {"numpy": "2.1"}}, ["python  ?", "package numpy ?"]),
        ({"data": (DataAsset("sales", "d2", context="training"),)}, ["data sales training ?"]),
    ],
)
def test_every_difference_is_told_and_only_those_of_the_model_count(
    change: dict[str, object], found: list[str]
) -> None:
    assert kinds(replace(FIRST, **change)) == found


@pytest.mark.parametrize(
    ("tolerance", "same"),
    [(Tolerance(), False), (Tolerance(0.01), False), (Tolerance(0.2), True), (Tolerance(relative=0.2), True)],
)
def test_a_metric_may_be_off_by_as_much_as_was_said(tolerance: Tolerance, same: bool) -> None:  # noqa: FBT001 - a row
    now = replace(FIRST, metrics={**FIRST.metrics, "rmse": 0.6})
    assert (kinds(now, tolerance) == []) is same


def test_files_that_say_the_same_do_not_count_and_those_that_are_missing_do() -> None:
    now = replace(FIRST, files={"MLmodel": "sha256:x", "model.pkl": "sha256:x"})
    assert kinds(now, alike=("MLmodel", "model.pkl")) == []
    assert kinds(now, alike=("model.pkl",)) == ["file MLmodel !"]
    assert kinds(replace(now, files={"MLmodel": "sha256:x"}), alike=("MLmodel", "model.pkl")) == ["file model.pkl !"]


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"run_id": "2", "utc_time_created": "now"}, True),
        ({"flavors": {"xgboost": {}}}, False),
        ({"more": 1}, False),
    ],
)
def test_an_mlmodel_that_only_names_another_run_says_the_same(change: dict[str, object], *, same: bool) -> None:
    assert (lasting({**SAID, **change}) == lasting(SAID)) is same
