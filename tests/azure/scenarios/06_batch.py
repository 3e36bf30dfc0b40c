"""A model behind a batch endpoint: the cluster, the endpoint, a deployment with its settings as the default, removal.
Kept and shown here; starting a job says that it is not served.

https://learn.microsoft.com/azure/machine-learning/how-to-use-batch-model-deployments
"""

import json
import os
from pathlib import Path

from azure.ai.ml import Input, MLClient
from azure.ai.ml.constants import BatchDeploymentOutputAction
from azure.ai.ml.entities import (
    AmlCompute,
    BatchEndpoint,
    BatchRetrySettings,
    CodeConfiguration,
    Data,
    Environment,
    Model,
    ModelBatchDeployment,
    ModelBatchDeploymentSettings,
)
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity import ManagedIdentityCredential

client = MLClient(ManagedIdentityCredential(), os.environ["SUBSCRIPTION"], "scenarios", "scenarios")
Path("model").mkdir()
Path("model/weights").write_text("1")
Path("code").mkdir()
Path("code/batch_driver.py").write_text("def init():\n    pass\n\n\ndef run(mini_batch):\n    return mini_batch\n")
Path("images").mkdir()
Path("images/one.txt").write_text("1")
client.compute.begin_create_or_update(AmlCompute(name="batch-cluster", min_instances=0, max_instances=2)).result()
model = client.models.create_or_update(Model(name="digits", version="1", path="model", type="custom_model"))
images = client.data.create_or_update(Data(name="images", version="1", path="images", type="uri_folder"))
client.batch_endpoints.begin_create_or_update(BatchEndpoint(name="digits", description="Digits, many")).result()
client.batch_deployments.begin_create_or_update(
    ModelBatchDeployment(
        name="torch",
        endpoint_name="digits",
        model=model.id,
        environment=Environment(image="mcr.microsoft.com/azureml/minimal"),
        code_configuration=CodeConfiguration(code="code", scoring_script="batch_driver.py"),
        compute="batch-cluster",
        settings=ModelBatchDeploymentSettings(
            instance_count=2,
            max_concurrency_per_instance=2,
            mini_batch_size=10,
            output_action=BatchDeploymentOutputAction.APPEND_ROW,
            output_file_name="predictions.csv",
            retry_settings=BatchRetrySettings(max_retries=3, timeout=30),
            logging_level="info",
        ),
    )
).result()
endpoint = client.batch_endpoints.get("digits")
endpoint.defaults.deployment_name = "torch"
client.batch_endpoints.begin_create_or_update(endpoint).result()
deployment = client.batch_deployments.get("torch", "digits")
shown = client.batch_endpoints.get("digits")
try:
    client.batch_endpoints.invoke("digits", input=Input(type="uri_folder", path=images.id))
    asked = "served"
except HttpResponseError as error:
    asked = error.status_code
jobs = len(list(client.batch_endpoints.list_jobs("digits")))
client.batch_endpoints.begin_delete("digits").result()
try:
    client.batch_deployments.get("torch", "digits")
    gone = False
except ResourceNotFoundError:
    gone = True
print(
    json.dumps(
        {
            "endpoint": [shown.name, shown.description, shown.defaults.deployment_name],
            "deployment": [
                deployment.mini_batch_size,
                deployment.max_concurrency_per_instance,
                deployment.resources.instance_count,
                deployment.output_file_name,
                deployment.retry_settings.max_retries,
            ],
            "asked": asked,
            "jobs": jobs,
            "gone": gone,
        }
    )
)
