"""How models of each kind are loaded and asked. A flavour has `predict(table, params)` and `predict_tensors(values,
params)`, and is made of the description that preparing wrote (serve/prepare/described.py).
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

_MODULES = {
    "onnx": "onnx_runtime",
    "sklearn": "scikit_learn",
    "lightgbm": "light_gbm",
    "xgboost": "xg_boost",
    "pyfunc": "python_function",
}


def load(described: dict[str, Any]) -> Any:
    """The model, ready to be asked. Raises whatever the model's own code raises."""
    sys.path[1:1] = described.get("code") or []
    return import_module("." + _MODULES[described["flavour"]], __package__).load(described)
