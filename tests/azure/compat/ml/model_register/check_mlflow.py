"""MLflow's registry has it."""

import json
import os
import sys

import mlflow

made = json.loads(sys.argv[1])
os.environ["MLFLOW_TRACKING_TOKEN"] = os.environ["DRIVETRAIN_TOKEN"]
mlflow.set_tracking_uri(os.environ["DRIVETRAIN_URL"] + "/mlflow")
found = mlflow.MlflowClient().get_model_version(made["name"], made["version"])
assert found.tags["a"] == "b"
