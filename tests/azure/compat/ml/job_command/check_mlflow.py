"""It is a finished training run, found by its tag."""

import json
import os
import sys

import mlflow

made = json.loads(sys.argv[1])
os.environ["MLFLOW_TRACKING_TOKEN"] = os.environ["DRIVETRAIN_TOKEN"]
mlflow.set_tracking_uri(os.environ["DRIVETRAIN_URL"] + "/mlflow")
experiment = mlflow.get_experiment_by_name("compat")
(found,) = mlflow.MlflowClient().search_runs([experiment.experiment_id], f"tags.`build number` = '{made['tag']}'")
assert found.info.run_id == made["name"]
assert found.info.status == "FINISHED"
