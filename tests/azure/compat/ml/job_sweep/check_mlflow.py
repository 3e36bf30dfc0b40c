"""The best one has the least loss of three."""

import json
import os
import sys

import mlflow

made = json.loads(sys.argv[1])
os.environ["MLFLOW_TRACKING_TOKEN"] = os.environ["DRIVETRAIN_TOKEN"]
mlflow.set_tracking_uri(os.environ["DRIVETRAIN_URL"] + "/mlflow")
client = mlflow.MlflowClient()
experiment = mlflow.get_experiment_by_name("compat")
found = client.search_runs([experiment.experiment_id], f"tags.mlflow.parentRunId = '{made['name']}'")
assert len(found) == 3
assert min(found, key=lambda run: run.data.metrics["loss"]).info.run_id == made["best"]
