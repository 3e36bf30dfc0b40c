"""search runs by tag."""

import json
import os
import sys

import mlflow

NAME = sys.argv[1]
ADDRESS = os.environ["IDENTITY_ENDPOINT"].rpartition("/msi/")[0].partition("://")[2]
WORKSPACE = (
    "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/compat/providers/"
    "Microsoft.MachineLearningServices/workspaces/compat"
)
mlflow.set_tracking_uri("azureml://" + ADDRESS + "/mlflow/v2.0" + WORKSPACE)
mlflow.set_experiment("compat-mlflow")
with mlflow.start_run(tags={"build number": NAME}) as run:
    pass
found = mlflow.search_runs(
    experiment_names=["compat-mlflow"], filter_string=f"tags.`build number` = '{NAME}'", output_format="list"
)
assert [each.info.run_id for each in found] == [run.info.run_id]
print(json.dumps({"run": run.info.run_id}))
