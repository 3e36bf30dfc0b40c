"""MLflow has what the script made of its datasets."""

import json
import os
import sys

import mlflow

made = json.loads(sys.argv[1])
os.environ["MLFLOW_TRACKING_TOKEN"] = os.environ["DRIVETRAIN_TOKEN"]
mlflow.set_tracking_uri(os.environ["DRIVETRAIN_URL"] + "/mlflow")
run = mlflow.get_run(made["run"])
assert run.info.status == "FINISHED", run.info.status
assert run.data.metrics == {"sum": 4.0}, run.data.metrics
