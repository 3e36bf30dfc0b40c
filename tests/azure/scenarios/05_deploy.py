"""Deploy to an online endpoint: the endpoint, two deployments, traffic between them, keys, scale, removal. Kept and
shown here; asking it says that it is not served.

https://learn.microsoft.com/azure/machine-learning/how-to-deploy-online-endpoints
"""

import json
import os
from pathlib import Path

from azure.ai.ml import MLClient
from azure.ai.ml.entities import CodeConfiguration, Environment, ManagedOnlineDeployment, ManagedOnlineEndpoint, Model
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity import ManagedIdentityCredential

client = MLClient(ManagedIdentityCredential(), os.environ["SUBSCRIPTION"], "scenarios", "scenarios")
Path("model").mkdir()
Path("model/weights").write_text("1")
Path("score").mkdir()
Path("score/score.py").write_text("def init():\n    pass\n\n\ndef run(data):\n    return data\n")
Path("conda.yml").write_text("name: scoring\ndependencies: [python=3.11]\n")
Path("request.json").write_text('{"data": [1, 2]}')
model = client.models.create_or_update(Model(name="deployed", version="1", path="model", type="custom_model"))


def deployment(name):
    return ManagedOnlineDeployment(
        name=name,
        endpoint_name="words",
        model=model.id,
        environment=Environment(image="mcr.microsoft.com/azureml/minimal", conda_file="conda.yml"),
        code_configuration=CodeConfiguration(code="score", scoring_script="score.py"),
        instance_type="Standard_DS3_v2",
        instance_count=1,
    )


endpoint = client.online_endpoints.begin_create_or_update(
    ManagedOnlineEndpoint(name="words", auth_mode="key", tags={"team": "words"})
).result()
for name in ("blue", "green"):
    client.online_deployments.begin_create_or_update(deployment(name)).result()
endpoint.traffic = {"blue": 90, "green": 10}
client.online_endpoints.begin_create_or_update(endpoint).result()
green = client.online_deployments.get("green", "words")
green.instance_count = 2
client.online_deployments.begin_create_or_update(green).result()
keys = client.online_endpoints.get_keys("words")
client.online_endpoints.begin_regenerate_keys("words", key_type="primary").result()
try:
    client.online_endpoints.invoke("words", request_file="request.json")
    asked = "served"
except HttpResponseError as error:
    asked = error.status_code
shown = client.online_endpoints.get("words")
scaled = client.online_deployments.get("green", "words").instance_count
endpoint.traffic = {"blue": 100, "green": 0}
client.online_endpoints.begin_create_or_update(endpoint).result()
client.online_deployments.begin_delete("green", "words").result()
left = [each.name for each in client.online_deployments.list("words")]
client.online_endpoints.begin_delete("words").result()
try:
    client.online_endpoints.get("words")
    gone = False
except ResourceNotFoundError:
    gone = True
print(
    json.dumps(
        {
            "endpoint": [shown.name, shown.auth_mode, shown.tags["team"], shown.traffic],
            "keys": [bool(keys.primary_key), keys.primary_key != keys.secondary_key],
            "scaled": scaled,
            "asked": asked,
            "left": left,
            "gone": gone,
        }
    )
)
