"""What a replica is told of its model: the file that in_replica reads. JSON, as Python reads it without packages.

flavour     onnx, sklearn, lightgbm, xgboost, pyfunc
model       the file; `folder`: of MLmodel
inputs      the signature's columns or tensors
joins       whether requests may be predicted together
predict, class, format, trusted, code, onnx    of some flavours
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drivetrain.errors import UserError
from drivetrain.serve.prepare.saved_model import inside

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.serve.prepare.saved_model import SavedModel

CONVERTIBLE = frozenset({"sklearn", "lightgbm", "xgboost"})
NAMES = {
    "onnx": "ONNX Runtime",
    "sklearn": "scikit-learn",
    "lightgbm": "LightGBM",
    "xgboost": "XGBoost",
    "pyfunc": "MLflow",
}
_FILE = {"sklearn": "pickled_model", "lightgbm": "data", "xgboost": "data", "onnx": "data"}
_BY_SUFFIX = {".onnx": "onnx", ".pkl": "sklearn", ".pickle": "sklearn", ".joblib": "sklearn"}


def described(saved: SavedModel) -> dict[str, Any]:
    """Of a model of MLflow's: by its own file where we know its kind, else by MLflow. Raises UserError."""
    for flavour in ("onnx", *sorted(CONVERTIBLE)):
        said = saved.flavors.get(flavour)
        if said is not None and _plain(saved, flavour):
            return _native(saved, flavour, said)
    if "python_function" not in saved.flavors:
        raise UserError(
            f"the model has only the flavors {', '.join(sorted(saved.flavors))}, which cannot be asked over HTTP",
            hint="save it with a python_function flavor, or deploy it with a scoring script",
        )
    return {"flavour": "pyfunc", "folder": str(saved.folder), "inputs": list(saved.inputs)}


def _plain(saved: SavedModel, flavour: str) -> bool:
    """Whether MLflow too would ask the model directly: nobody has put a loader of their own before it."""
    loader = saved.flavors.get("python_function", {}).get("loader_module", f"mlflow.{flavour}")
    return bool(loader == f"mlflow.{flavour}")


def _native(saved: SavedModel, flavour: str, said: dict[str, Any]) -> dict[str, Any]:
    function = saved.flavors.get("python_function", {})
    name = str(said.get(_FILE[flavour]) or ("model.onnx" if flavour == "onnx" else function.get("model_path") or ""))
    if not name or not inside(saved.folder, name) or not (saved.folder / name).exists():
        raise UserError(
            f"{saved.folder / 'MLmodel'} says that the model is in '{name[:200]}', which is not there",
            hint="save it again",
        )
    code = [str(said["code"])] if isinstance(said.get("code"), str) and inside(saved.folder, said["code"]) else []
    return {
        "flavour": flavour,
        "folder": str(saved.folder),
        "model": str(saved.folder / name),
        "inputs": list(saved.inputs),
        "predict": function.get("predict_fn") or "predict",
        "class": str(said.get("model_class") or ""),
        "format": str(said.get("serialization_format") or ""),
        "trusted": list(said.get("skops_trusted_types") or []),
        "code": [str(saved.folder / each) for each in code],
    }


def described_file(files: Path) -> dict[str, Any] | None:
    """Of a folder without MLmodel that holds one model file; None when it does not."""
    found = [each for each in sorted(files.rglob("*")) if each.is_file() and each.suffix in _BY_SUFFIX]
    if len(found) != 1:
        return None
    return {"flavour": _BY_SUFFIX[found[0].suffix], "folder": str(files), "model": str(found[0]), "inputs": []}
