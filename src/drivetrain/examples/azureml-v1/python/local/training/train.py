"""Trains a gradient boosting model of diabetes progression, as a run of an experiment.

The data is the diabetes study of Efron et al. (2004), 442 patients, as scikit-learn ships it.
"""

import joblib
from azureml.core import Run
from sklearn.datasets import load_diabetes
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.metrics import root_mean_squared_error
from sklearn.model_selection import train_test_split

LEARNING_RATE, TREES = 0.05, 90


def main():
    run = Run.get_context()
    run.log("learning_rate", LEARNING_RATE)
    run.log("n_estimators", TREES)
    data, target = load_diabetes(return_X_y=True)
    train, test, train_target, test_target = train_test_split(data, target, test_size=0.25, random_state=7)
    model = GradientBoostingRegressor(learning_rate=LEARNING_RATE, n_estimators=TREES, random_state=7)
    model.fit(train, train_target)
    rmse = root_mean_squared_error(test_target, model.predict(test))
    run.log("rmse", rmse)
    joblib.dump(model, "model.joblib")
    run.upload_file("outputs/model.joblib", "model.joblib")
    print(f"rmse {rmse:8.3f}")
    run.complete()


if __name__ == "__main__":
    main()
