"""XGBoost models, from their own file."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import TYPE_CHECKING, Any

from .frames_of_pandas import frame

if TYPE_CHECKING:
    from ..columns import Table


def load(described: dict[str, Any]) -> XgboostModel:
    """A booster, or an estimator of XGBoost's."""
    module, _, name = described.get("class", "xgboost.core.Booster").rpartition(".")
    if module.partition(".")[0] != "xgboost":
        raise ValueError(f"the MLmodel file names the class {module}.{name}, which is not XGBoost's")
    model = getattr(import_module(module), name)()
    model.load_model(described["model"])
    return XgboostModel(model, described.get("predict") or "predict")


class XgboostModel:
    """It takes parameters of its own function, as MLflow's does."""

    def __init__(self, model: Any, function: str) -> None:
        import xgboost

        self.model = model
        self.function = function
        self._matrix = xgboost.DMatrix if isinstance(model, xgboost.Booster) else None
        self._predict = getattr(model, function)
        self._known = frozenset(inspect.signature(self._predict).parameters)

    def predict(self, table: Table, params: dict[str, Any] | None) -> Any:
        """The prediction for each row."""
        return self._asked(frame(table), params)

    def predict_tensors(self, values: dict[str, Any], params: dict[str, Any] | None) -> Any:
        """The same of an array."""
        return self._asked(next(iter(values.values())), params)

    def _asked(self, data: Any, params: dict[str, Any] | None) -> Any:
        known = {name: value for name, value in (params or {}).items() if name in self._known}
        return self._predict(self._matrix(data) if self._matrix is not None else data, **known)
