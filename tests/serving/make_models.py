"""Makes a model of every flavour, and asks MLflow itself what each answers. Run by the interpreter of
scripts/model_environment: `python make_models.py FOLDER`.

For each model: FOLDER/NAME, as MLflow saves it; and in FOLDER/expected.json the requests, each with MLflow's answer.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import lightgbm
import mlflow
import numpy as np
import pandas as pd
import xgboost
from mlflow.models import infer_signature
from mlflow.models.signature import ModelSignature
from mlflow.pyfunc import PythonModel, scoring_server
from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema, TensorSpec
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

FOLDER = Path(sys.argv[1])
PINS = {"pip_requirements": ["mlflow-skinny", "scikit-learn", "lightgbm", "xgboost-cpu", "onnxruntime", "pandas"]}
TRUSTED = ["numpy.dtype", "sklearn._loss._loss.CyHalfSquaredError", "sklearn.tree._tree.Tree"]
CHANCE = np.random.default_rng(1)
NUMBERS = pd.DataFrame(CHANCE.normal(size=(120, 4)), columns=["a", "b", "c d", "e"])
TARGET = NUMBERS["a"] * 2 - NUMBERS["b"] ** 2 + 3
MIXED = pd.DataFrame(
    {
        "size": CHANCE.normal(50, 10, 120),
        "rooms": CHANCE.integers(1, 6, 120),
        "town": CHANCE.choice(["Aachen", "Köln", "Bonn"], 120),
    }
)
LABELS = np.where((MIXED["town"] == "Bonn") ^ (MIXED["size"] > 50), "dear", "cheap")


class Greeting(PythonModel):  # type: ignore[misc]  # MLflow is not read by the type checker
    """Takes text, a date that may be missing, and a parameter."""

    def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
        times = (params or {}).get("times", 1)
        days = model_input["since"].dt.day.fillna(0).astype(int)
        return pd.DataFrame({"text": [f"{name}!" * times for name in model_input["name"]], "day": days})


class Sums(PythonModel):  # type: ignore[misc]  # the same
    """Takes an array, and answers with a sum over all of it: rows that depend on each other."""

    def predict(self, context: Any, model_input: Any) -> Any:
        return model_input.sum(axis=1) + model_input.sum()


def save() -> None:
    """Every model."""
    regressor = GradientBoostingRegressor(n_estimators=20, random_state=0).fit(NUMBERS, TARGET)
    said = {"signature": infer_signature(NUMBERS, regressor.predict(NUMBERS)), "input_example": NUMBERS.head(6), **PINS}
    pickled = {"serialization_format": "cloudpickle"}
    skops = {"serialization_format": "skops", "skops_trusted_types": TRUSTED}
    mlflow.sklearn.save_model(regressor, FOLDER / "sklearn", **skops, **said)

    forest = RandomForestClassifier(10, random_state=0).fit(NUMBERS, TARGET > 2)
    function = {"pyfunc_predict_fn": "predict_proba"}
    mlflow.sklearn.save_model(forest, FOLDER / "probabilities", **pickled, **function, **said)

    columns = ColumnTransformer([("t", OneHotEncoder(handle_unknown="ignore"), ["town"])], remainder=StandardScaler())
    pipeline = make_pipeline(columns, LogisticRegression()).fit(MIXED, LABELS)
    mixed = {"signature": infer_signature(MIXED, pipeline.predict(MIXED)), "input_example": MIXED.head(6), **PINS}
    mlflow.sklearn.save_model(pipeline, FOLDER / "text", **pickled, **mixed)

    rounds = lightgbm.train({"objective": "binary", "verbose": -1}, lightgbm.Dataset(NUMBERS, TARGET > 2), 10)
    mlflow.lightgbm.save_model(rounds, FOLDER / "lightgbm", **said)

    plain = NUMBERS.rename(columns={"c d": "cd"})
    booster = xgboost.train({"objective": "reg:squarederror"}, xgboost.DMatrix(plain, TARGET), 10)
    of_plain = {"signature": infer_signature(plain, np.float32(TARGET)), "input_example": plain.head(6), **PINS}
    mlflow.xgboost.save_model(booster, FOLDER / "xgboost", model_format="json", **of_plain)

    classes = np.digitize(TARGET, [1, 3])
    gradient = lightgbm.LGBMClassifier(n_estimators=10, verbose=-1).fit(NUMBERS, classes)
    of_classes = {"signature": infer_signature(NUMBERS, classes), **PINS}
    mlflow.lightgbm.save_model(gradient, FOLDER / "lightgbm_classes", **of_classes)
    extreme = xgboost.XGBClassifier(n_estimators=10).fit(plain, classes)
    of_plain_classes = {"signature": infer_signature(plain, classes), **PINS}
    mlflow.xgboost.save_model(extreme, FOLDER / "xgboost_classes", model_format="json", **of_plain_classes)

    converted = to_onnx(regressor, initial_types=[("X", FloatTensorType([None, 4]))])
    mlflow.onnx.save_model(converted, FOLDER / "onnx", **said)
    tensor = ModelSignature(Schema([TensorSpec(np.dtype("float32"), (-1, 4), "X")]))
    mlflow.onnx.save_model(converted, FOLDER / "tensors", signature=tensor, **PINS)

    greeted = Schema([ColSpec("string", "name"), ColSpec("datetime", "since", required=False)])
    params = ParamSchema([ParamSpec("times", "long", 1)])
    mlflow.pyfunc.save_model(
        FOLDER / "pyfunc", python_model=Greeting(), signature=ModelSignature(greeted, params=params), **PINS
    )
    summed = ModelSignature(Schema([TensorSpec(np.dtype("float64"), (-1, 3))]))
    mlflow.pyfunc.save_model(FOLDER / "sums", python_model=Sums(), signature=summed, **PINS)


def bodies(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """A few rows in every shape that names columns; columns in another order, one too many, and whole numbers."""
    rows = json.loads(frame.head(3).to_json(orient="split"))
    split = {"columns": rows["columns"], "data": rows["data"]}
    turned = {"columns": ["more", *rows["columns"][::-1]], "data": [[0, *row[::-1]] for row in rows["data"]]}
    whole = {"columns": rows["columns"], "data": [[7 if type(v) is float else v for v in row] for row in rows["data"]]}
    records = [dict(zip(rows["columns"], row, strict=True)) for row in rows["data"]]
    columns = {name: [row[at] for row in rows["data"]] for at, name in enumerate(rows["columns"])}
    splits = [split, turned, whole, {**split, "data": split["data"][:1]}]
    return [*({"dataframe_split": each} for each in splits), {"dataframe_records": records}, {"inputs": columns}]


def requests() -> dict[str, list[dict[str, Any]]]:
    """By model."""
    numbers, plain = bodies(NUMBERS), bodies(NUMBERS.rename(columns={"c d": "cd"}))
    missing = {"dataframe_split": {"columns": list(NUMBERS.columns), "data": [[0.1, None, 0.3, None]]}}
    since = "2026-11-26T08:00:00"
    greeted = {"columns": ["name", "since"], "data": [["Ada", since], ["Bo", None]]}
    array = [[0.5, 1, 2, 3], [1, 0, -1, 0]]
    return {
        "sklearn": numbers,
        "probabilities": numbers,
        "text": bodies(MIXED),
        "lightgbm": [*numbers, missing],
        "xgboost": [*plain, json.loads(json.dumps(missing).replace("c d", "cd"))],
        "lightgbm_classes": numbers,
        "xgboost_classes": plain,
        "onnx": numbers,
        "tensors": [{"inputs": {"X": array}}, {"inputs": array}, {"instances": array}],
        "pyfunc": [
            {"dataframe_split": greeted},
            {"dataframe_split": greeted, "params": {"times": 2}},
            {"dataframe_records": [{"name": "Ada", "since": since}]},
        ],
        "sums": [{"inputs": [[1, 2, 3], [4, 5, 6]]}, {"instances": [[1.5, 2, 3]]}],
    }


def answer(model: Any, body: dict[str, Any]) -> Any:
    """What MLflow's own scoring server answers."""
    response = scoring_server.invocations(
        json.dumps(body), "application/json", model, model.metadata.get_input_schema()
    )
    assert response.status == 200, response
    return json.loads(response.response)["predictions"]


def rows_of(body: dict[str, Any]) -> pd.DataFrame:
    """The rows that the first body of a model asks for."""
    return pd.DataFrame(**body["dataframe_split"])


def main() -> None:
    """Make all, and write down what is expected."""
    warnings.simplefilter("ignore")
    save()
    expected = {}
    for name, asked in requests().items():
        model = mlflow.pyfunc.load_model(FOLDER / name)
        expected[name] = [{"body": body, "predictions": answer(model, body)} for body in asked]
        if name.endswith("_classes"):
            expected[name][0]["probabilities"] = model.get_raw_model().predict_proba(rows_of(asked[0])).tolist()
    (FOLDER / "expected.json").write_text(json.dumps(expected))


if __name__ == "__main__":
    main()
