"""Plain MLflow has the file."""

import json
import os
import sys

import mlflow

made = json.loads(sys.argv[1])
os.environ["MLFLOW_TRACKING_TOKEN"] = os.environ["DRIVETRAIN_TOKEN"]
mlflow.set_tracking_uri(os.environ["DRIVETRAIN_URL"] + "/mlflow")
assert mlflow.artifacts.load_text(f"runs:/{made['run']}/words/hello.txt") == "hello"
