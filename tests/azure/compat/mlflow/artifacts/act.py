"""log and download artifacts by azureml://."""

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
with mlflow.start_run(run_name=NAME) as run:
    mlflow.log_text("hello", "words/hello.txt")
path = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="words/hello.txt", dst_path=".")
assert open(path).read() == "hello"
print(json.dumps({"run": run.info.run_id}))
