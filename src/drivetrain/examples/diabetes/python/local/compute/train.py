"""Trains a gradient boosting model of diabetes progression and logs everything to MLflow.

Usage: train.py BUILD_NUMBER
The data is the diabetes study of Efron et al. (2004), 442 patients, as scikit-learn ships it.
"""

import json
import os
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import mlflow
from mlflow.models import infer_signature
from sklearn.datasets import load_diabetes
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from sklearn.model_selection import train_test_split

HERE = Path(__file__).parent
CONFIG = HERE.parent / "config"


def plot(actual, predicted, path):
    """Predicted against actual: a good model lies on the line."""
    figure, axes = plt.subplots(figsize=(5, 5))
    axes.scatter(actual, predicted, s=12)
    axes.plot([actual.min(), actual.max()], [actual.min(), actual.max()], linewidth=1, color="grey")
    axes.set(xlabel="actual progression", ylabel="predicted progression")
    figure.savefig(path, dpi=120, bbox_inches="tight")


def main(build_number):
    params = json.loads((CONFIG / "params.json").read_text())
    data, target = load_diabetes(return_X_y=True, as_frame=True)
    train, test, train_target, test_target = train_test_split(data, target, test_size=0.25, random_state=7)

    mlflow.set_experiment(os.environ.get("EXPERIMENT", "diabetes-progression"))
    with mlflow.start_run(run_name=build_number, tags={"build number": build_number}):
        mlflow.log_params(params)
        model = GradientBoostingRegressor(random_state=7, **params)
        model.fit(train, train_target)
        for tree, predicted in enumerate(model.staged_predict(test)):
            if tree % 10 == 9:
                mlflow.log_metric("rmse by tree", root_mean_squared_error(test_target, predicted), step=tree + 1)
        predicted = model.predict(test)
        metrics = {
            "rmse": root_mean_squared_error(test_target, predicted),
            "mae": mean_absolute_error(test_target, predicted),
            "r2": r2_score(test_target, predicted),
        }
        mlflow.log_metrics(metrics)

        output = Path(os.environ.get("OUTPUT", "outputs"))
        output.mkdir(parents=True, exist_ok=True)
        plot(test_target, predicted, output / "predictions.png")
        (output / "metrics.json").write_text(json.dumps(metrics, indent=2))
        test.assign(target=test_target).to_csv(output / "holdout.csv", index=False)
        mlflow.log_artifact(output / "predictions.png")
        mlflow.sklearn.log_model(
            model,
            name="model",
            registered_model_name=os.environ.get("MODEL"),
            signature=infer_signature(test, predicted),
            input_example=test.head(3),
            pip_requirements=str(CONFIG / "requirements.txt"),
            # The one type of a boosted tree that skops wants to be trusted by name; the file is our own.
            skops_trusted_types=["sklearn.tree._tree.Tree"],
        )
    for name, value in metrics.items():
        print(f"{name:5} {value:8.3f}")


if __name__ == "__main__":
    main(sys.argv[1])
