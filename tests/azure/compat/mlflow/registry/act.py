"""register a model by azureml://."""

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
client = mlflow.MlflowClient()
mlflow.set_experiment("compat-mlflow")
with mlflow.start_run() as run:
    mlflow.log_text("42", "model/model.txt")
client.create_registered_model(NAME)
made = client.create_model_version(NAME, run.info.artifact_uri + "/model", run.info.run_id)
print(json.dumps({"name": NAME, "version": str(made.version)}))
