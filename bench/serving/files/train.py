"""Trains the model of the example, and writes it in every form: train.py FOLDER."""

import sys
from pathlib import Path

import joblib
import mlflow
from mlflow.models import infer_signature
from skl2onnx import to_onnx
from sklearn.datasets import load_diabetes
from sklearn.ensemble import GradientBoostingRegressor

folder = Path(sys.argv[1])
data, target = load_diabetes(return_X_y=True, as_frame=True)
model = GradientBoostingRegressor(n_estimators=90, max_depth=3, random_state=7).fit(data, target)
plain = GradientBoostingRegressor(n_estimators=90, max_depth=3, random_state=7).fit(data.to_numpy(), target)
joblib.dump(plain, folder / "model.joblib")
(folder / "model.onnx").write_bytes(to_onnx(plain, data.to_numpy()[:1].astype("float32")).SerializeToString())
mlflow.sklearn.save_model(
    model,
    folder / "mlflow",
    signature=infer_signature(data, model.predict(data)),
    input_example=data.head(3),
    pip_requirements=["scikit-learn==1.9.1", "pandas", "mlflow-skinny==3.17.2", "skops"],
    skops_trusted_types=["sklearn.tree._tree.Tree"],
)
