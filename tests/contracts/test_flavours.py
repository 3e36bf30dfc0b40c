"""Every flavour of model answers what MLflow itself answers, by its own library as well as by ONNX Runtime."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pytest

from drivetrain.registry.versions.model import ModelVersion
from drivetrain.serve.in_replica.frames import INVOCATIONS, SCORE
from drivetrain.serve.model import Deployment, DeploymentSpec, Runtime
from drivetrain.serve.prepare.preparation import Preparation
from drivetrain.wire.gating.launches import PreparedLaunches
from tests.model_flavours import OneEnvironment, made_models, running

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drivetrain.serve.model import Launch
    from tests.model_flavours import Asking

RUNTIMES = {
    ("sklearn", Runtime.AUTO): "onnxruntime",
    ("probabilities", Runtime.AUTO): "scikit-learn",  # which takes missing values, and answers them otherwise
    ("probabilities", Runtime.ONNX): "onnxruntime",
    ("text", Runtime.AUTO): "onnxruntime",
    ("lightgbm", Runtime.AUTO): "onnxruntime",
    ("lightgbm", Runtime.NATIVE): "LightGBM",
    ("xgboost", Runtime.AUTO): "onnxruntime",
    ("xgboost", Runtime.NATIVE): "XGBoost",
    ("lightgbm_classes", Runtime.NATIVE): "LightGBM",
    ("xgboost_classes", Runtime.NATIVE): "XGBoost",
    ("onnx", Runtime.AUTO): "onnxruntime",
    ("tensors", Runtime.AUTO): "onnxruntime",
    ("pyfunc", Runtime.AUTO): "MLflow",
    ("sums", Runtime.AUTO): "MLflow",
}


@pytest.fixture(scope="session")
def models() -> Path:
    return made_models()


@pytest.fixture(scope="session")
def expected(models: Path) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = json.loads((models / "expected.json").read_text())
    return found


@pytest.fixture(scope="session")
def prepared(models: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, Runtime], Launch]:
    prepare = Preparation(tmp_path_factory.mktemp("serving"), OneEnvironment(), lambda _: models)

    class Launches(dict[tuple[str, Runtime], "Launch"]):
        def __missing__(self, key: tuple[str, Runtime]) -> Launch:
            spec = DeploymentSpec(files=str(models / key[0]), runtime=key[1])
            self[key] = prepare(Deployment("e", "blue", spec), lambda _: None)
            return self[key]

    return Launches()


def same(own: Any, other: Any) -> bool:
    if isinstance(own, list):
        return isinstance(other, list) and len(own) == len(other) and all(map(same, own, other))
    if isinstance(own, dict):
        return isinstance(other, dict) and own.keys() == other.keys() and all(same(own[k], other[k]) for k in own)
    if isinstance(own, float):
        return isinstance(other, float) and math.isclose(own, other, rel_tol=1e-4, abs_tol=1e-5)
    return type(own) is type(other) and bool(own == other)


@pytest.mark.parametrize(("model", "runtime"), RUNTIMES, ids=str)
def test_a_model_answers_what_mlflow_answers(
    model: str,
    runtime: Runtime,
    prepared: dict[tuple[str, Runtime], Launch],
    expected: dict[str, list[dict[str, Any]]],
) -> None:
    launch = prepared[model, runtime]
    assert launch.runtime.startswith(RUNTIMES[model, runtime]), launch.note
    with running(launch) as (asking, _):
        known = expected[model]
        for case in known:
            status, found = asking.answers([(INVOCATIONS, json.dumps(case["body"]).encode())])[0]
            assert status == 200, (case["body"], found)
            assert same(case["predictions"], found["predictions"]), (case, found)
        _together(asking, known)
        _in_azures_shape(asking, known)
        _refuses(asking, known[0]["body"])
        if launch.example:
            assert asking.score(json.loads(launch.example))[0] == 200


@pytest.mark.parametrize("flavour", ["lightgbm", "xgboost"])
def test_a_classifier_gives_its_probabilities_to_a_gate(
    flavour: str, prepared: dict[tuple[str, Runtime], Launch], expected: dict[str, list[dict[str, Any]]]
) -> None:
    def prepare(deployment: Deployment, say: Callable[[str], None]) -> Launch:
        del say
        return prepared[deployment.spec.model.partition(":")[0], deployment.spec.runtime]

    launches = PreparedLaunches(prepare, lambda _: None)
    version = ModelVersion(f"{flavour}_classes", "1", flavors=(flavour, "python_function"))
    launch = launches.probabilities(version)
    assert launch is not None
    case = expected[version.name][0]
    with running(launch) as (asking, _):
        assert same(case["probabilities"], asking.score({"input_data": case["body"]["dataframe_split"]})[1])
    booster = launches.probabilities(ModelVersion(flavour, "1", flavors=(flavour,)))
    assert booster is None  # it answers with numbers, or with probabilities by itself


def _together(asking: Asking, known: list[dict[str, Any]]) -> None:
    """Requests that come at once get the same answers, and one that is wrong spoils no other."""
    asked = [(INVOCATIONS, json.dumps(case["body"]).encode()) for case in known] * 3
    found = asking.answers([*asked, (INVOCATIONS, b'{"dataframe_split": {"columns": ["a"], "data": [["x"]]}}'), *asked])
    assert found[len(asked)][0] == 400
    for (status, answer), case in zip(found[: len(asked)] + found[len(asked) + 1 :], known * 6, strict=True):
        assert status == 200
        assert same(case["predictions"], answer["predictions"])


def _in_azures_shape(asking: Asking, known: list[dict[str, Any]]) -> None:
    """The same under `input_data` is answered by the predictions alone."""
    for case in known:
        body = dict(case["body"])
        shape = next(name for name in body if name != "params")
        split = body.pop(shape)
        if shape == "dataframe_split":
            split = {**split, "index": list(range(len(split["data"])))}
        status, found = asking.score({"input_data": split, **body})
        assert status == 200
        assert same(case["predictions"], found), (case, found)


def _refuses(asking: Asking, body: dict[str, Any]) -> None:
    """What is wrong is told, with the column's name."""
    for wrong in (b"{", b"[" * 100_000, b'"x"', b"{}", b'{"inputs": [1], "instances": [1]}', b'{"input_data": []}'):
        status, found = asking.score(wrong)
        assert (status, "message" in found) == (400, True), wrong
    split = body.get("dataframe_split")
    if split is not None:
        name, *rest = split["columns"]
        status, found = asking.score({"input_data": {"columns": rest, "data": [row[1:] for row in split["data"]]}})
        assert status == 400
        assert f"missing column: {name}" in found["message"]


def test_what_is_wrong_is_told_with_its_column(prepared: dict[tuple[str, Runtime], Launch]) -> None:
    with running(prepared["text", Runtime.AUTO]) as (asking, _):
        split = {"columns": ["size", "rooms", "town"], "data": [[50.0, 2, "Bonn"], ["big", 2, "Bonn"]]}
        assert asking.score({"input_data": split}) == (
            400,
            {"error_code": "BAD_REQUEST", "message": "column 'size' wants a double, not 'big'"},
        )
        split["data"] = [[50.0, None, "Bonn"]]
        assert "column 'rooms' wants a long, not null" in asking.score({"input_data": split})[1]["message"]
        split["data"] = [[50.0, 2]]
        assert "row 0 is not a list of 3 values" in asking.score({"input_data": split})[1]["message"]
        split["data"] = [[None, 2, "Bonn"]]  # scikit-learn refuses it, so ONNX Runtime is not asked
        status, found = asking.score({"input_data": split})
        assert (status, "'size'" in found["message"]) == (400, True)


def test_rows_without_names_are_in_the_order_of_the_signature(
    prepared: dict[tuple[str, Runtime], Launch], expected: dict[str, list[dict[str, Any]]]
) -> None:
    case = expected["sklearn"][0]
    rows = case["body"]["dataframe_split"]["data"]
    with running(prepared["sklearn", Runtime.AUTO]) as (asking, _):
        for body in ({"input_data": rows}, {"input_data": {"data": rows}}, rows):
            status, found = asking.score(body)
            assert status == 200
            assert same(case["predictions"], found)


def test_the_document_and_the_example_come_from_the_signature(prepared: dict[tuple[str, Runtime], Launch]) -> None:
    launch = prepared["text", Runtime.AUTO]
    schemas = launch.openapi["components"]["schemas"]
    columns = schemas["ServiceInput"]["properties"]["input_data"]["properties"]["columns"]
    assert columns["default"] == ["size", "rooms", "town"]
    assert launch.openapi["paths"]["/score"]["post"]["requestBody"]["required"]
    assert json.loads(launch.example)["input_data"]["columns"] == ["size", "rooms", "town"]
    assert "same as its own" in launch.note


def test_a_number_that_json_cannot_write_is_null(prepared: dict[tuple[str, Runtime], Launch]) -> None:
    with running(prepared["sums", Runtime.AUTO]) as (asking, _):
        assert asking.answers([(SCORE, b'{"input_data": [[NaN, 1, 2]]}')]) == [(200, [None])]
