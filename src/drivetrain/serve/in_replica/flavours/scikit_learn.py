"""scikit-learn models, from their own file; without MLflow when it is not there."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

from .frames_of_pandas import frame

if TYPE_CHECKING:
    from ..columns import Table


def load(described: dict[str, Any]) -> SklearnModel:
    """The estimator. This runs code of the file: it is why a replica is a process of its own."""
    return SklearnModel(unpickled(described), described.get("predict") or "predict")


def unpickled(described: dict[str, Any]) -> Any:
    """What the file holds, read as it was written. https://mlflow.org/docs/latest/ml/traditional-ml/sklearn/"""
    if described.get("format") == "skops":
        from skops.io import load as skops_load

        return skops_load(described["model"], trusted=described.get("trusted") or [])
    if described["model"].endswith((".joblib", ".jbl")):
        import joblib

        return joblib.load(described["model"])
    with open(described["model"], "rb") as file:
        return pickle.load(file)  # noqa: S301 - in the user's own process


class SklearnModel:
    """An estimator, and which of its functions predicts."""

    def __init__(self, model: Any, function: str) -> None:
        self.model = model
        self.function = function
        self._predict = getattr(model, function)

    def predict(self, table: Table, params: dict[str, Any] | None) -> Any:
        """The prediction for each row."""
        return self._predict(frame(table))

    def predict_tensors(self, values: dict[str, Any], params: dict[str, Any] | None) -> Any:
        """The same of an array."""
        return self._predict(next(iter(values.values())) if len(values) == 1 else values)
