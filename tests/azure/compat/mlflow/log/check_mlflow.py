"""Plain MLflow has them."""

import json
import os
import sys

import mlflow

made = json.loads(sys.argv[1])
os.environ["MLFLOW_TRACKING_TOKEN"] = os.environ["DRIVETRAIN_TOKEN"]
mlflow.set_tracking_uri(os.environ["DRIVETRAIN_URL"] + "/mlflow")
client = mlflow.MlflowClient()
run = client.get_run(made["run"])
assert run.data.params["depth"] == "3"
assert run.data.metrics["speed"] == 2.0
assert [each.step for each in client.get_metric_history(made["run"], "loss")] == [0, 1, 2]
