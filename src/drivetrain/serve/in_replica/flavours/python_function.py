"""Any other model, by MLflow itself, which enforces the signature once more."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import mlflow.pyfunc
from mlflow.exceptions import MlflowException

from ..wrong import Wrong
from .frames_of_pandas import frame

if TYPE_CHECKING:
    from ..columns import Table


def load(described: dict[str, Any]) -> PythonFunction:
    """The model, by `mlflow.pyfunc.load_model`."""
    configured = {"model_config": described["config"]} if described.get("config") else {}
    return PythonFunction(mlflow.pyfunc.load_model(described["folder"], **configured))


class PythonFunction:
    """A model of MLflow's."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._with_params = "params" in inspect.signature(model.predict).parameters

    def predict(self, table: Table, params: dict[str, Any] | None) -> Any:
        """The prediction of a frame."""
        return self._asked(frame(table), params)

    def predict_tensors(self, values: dict[str, Any], params: dict[str, Any] | None) -> Any:
        """The prediction of an array, or of several by name."""
        return self._asked(values[""] if list(values) == [""] else values, params)

    def _asked(self, data: Any, params: dict[str, Any] | None) -> Any:
        try:
            return self._model.predict(data, params=params) if self._with_params else self._model.predict(data)
        except MlflowException as error:
            if error.error_code in ("INVALID_PARAMETER_VALUE", "BAD_REQUEST") or "enforce" in str(error):
                raise Wrong(str(error)[:2000]) from None
            raise
