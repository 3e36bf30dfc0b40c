"""MLflow has it."""

import json
import os
import sys

import mlflow

made = json.loads(sys.argv[1])
os.environ["MLFLOW_TRACKING_TOKEN"] = os.environ["DRIVETRAIN_TOKEN"]
mlflow.set_tracking_uri(os.environ["DRIVETRAIN_URL"] + "/mlflow")
run = mlflow.get_run(made["run"])
assert run.data.metrics["loss"] == 0.5
assert run.info.status == "FINISHED"
assert run.data.tags["build number"].startswith("run-log")
