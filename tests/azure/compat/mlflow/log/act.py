"""log parameters, metrics and tags by azureml://."""

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
with mlflow.start_run(run_name=NAME, tags={"build number": NAME}) as run:
    mlflow.log_param("depth", 3)
    for step in range(3):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)
    mlflow.log_metric("speed", 2.0, synchronous=False).wait()
print(json.dumps({"run": run.info.run_id}))
