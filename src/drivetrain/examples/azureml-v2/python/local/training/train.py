"""Trains a gradient boosting model of diabetes progression, as a job of Azure Machine Learning.

The data is the diabetes study of Efron et al. (2004), 442 patients, as scikit-learn ships it.
"""

import argparse

import mlflow
import mlflow.sklearn
from sklearn.datasets import load_diabetes
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from sklearn.model_selection import train_test_split


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--learning-rate", type=float, required=True)
    parser.add_argument("--trees", type=int, required=True)
    parser.add_argument("--model", required=True, help="where to save the model")
    options = parser.parse_args()

    data, target = load_diabetes(return_X_y=True, as_frame=True)
    train, test, train_target, test_target = train_test_split(data, target, test_size=0.25, random_state=7)
    mlflow.log_params({"learning_rate": options.learning_rate, "n_estimators": options.trees})
    model = GradientBoostingRegressor(
        learning_rate=options.learning_rate, n_estimators=options.trees, max_depth=3, subsample=0.8, random_state=7
    )
    model.fit(train, train_target)
    predicted = model.predict(test)
    metrics = {
        "rmse": root_mean_squared_error(test_target, predicted),
        "mae": mean_absolute_error(test_target, predicted),
        "r2": r2_score(test_target, predicted),
    }
    mlflow.log_metrics(metrics)
    # The one type of a boosted tree that skops wants to be trusted by name; the file is our own.
    mlflow.sklearn.save_model(model, options.model, skops_trusted_types=["sklearn.tree._tree.Tree"])
    for name, value in metrics.items():
        print(f"{name:5} {value:8.3f}")


if __name__ == "__main__":
    main()
