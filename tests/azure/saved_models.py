"""Two models of scikit-learn in MLflow's format, for deployments without a scoring script.

Written by hand: to have MLflow save them takes ten seconds of a processor.
https://mlflow.org/docs/latest/ml/model/#storage-format
"""

from __future__ import annotations

import json
import pickle
import platform
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = [{"type": "double", "name": name, "required": True} for name in ("a", "b")]
ANSWERS = [{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1]}}]
MODELS = {"sum": (1.0, 1.0), "difference": (1.0, -1.0)}


def save_models(folder: Path) -> Path:
    """The folder, with `sum` (of columns a and b) and `difference`."""
    import sklearn  # noqa: PLC0415 - a second to import, and few tests need it
    from sklearn.linear_model import LinearRegression  # noqa: PLC0415 - as above

    for name, weights in MODELS.items():
        model = LinearRegression(fit_intercept=False)
        rows = [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
        model.fit(rows, [sum(x * weight for x, weight in zip(row, weights, strict=True)) for row in rows])
        place = folder / name
        place.mkdir()
        (place / "model.pkl").write_bytes(pickle.dumps(model))
        (place / "requirements.txt").write_text(f"scikit-learn=={sklearn.__version__}\n")
        (place / "MLmodel").write_text(json.dumps(_described(sklearn.__version__)))  # JSON is YAML, too
    return folder


def _described(version: str) -> object:
    return {
        "flavors": {
            "python_function": {
                "env": {"virtualenv": "python_env.yaml"},
                "loader_module": "mlflow.sklearn",
                "model_path": "model.pkl",
                "python_version": platform.python_version(),
            },
            "sklearn": {"pickled_model": "model.pkl", "serialization_format": "pickle", "sklearn_version": version},
        },
        "signature": {"inputs": json.dumps(COLUMNS), "outputs": json.dumps(ANSWERS)},
    }
