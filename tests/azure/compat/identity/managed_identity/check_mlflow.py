"""The token opens MLflow behind the workspace."""

import json
import os
import sys

import mlflow

made = json.loads(sys.argv[1])
address = os.environ["IDENTITY_ENDPOINT"].rpartition("/msi/")[0]
workspace = (
    "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/compat/providers/"
    "Microsoft.MachineLearningServices/workspaces/compat"
)
os.environ["MLFLOW_TRACKING_TOKEN"] = made["token"]
mlflow.set_tracking_uri(address + "/mlflow/v2.0" + workspace)
assert mlflow.search_experiments() is not None
