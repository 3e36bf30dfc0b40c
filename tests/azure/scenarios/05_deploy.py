"""Deploy a model with a scoring script to an online endpoint: the endpoint, a deployment, what it answers, its log,
keys, removal.

https://learn.microsoft.com/azure/machine-learning/how-to-deploy-online-endpoints
"""

import json
import os
from pathlib import Path

from azure.ai.ml import MLClient
from azure.ai.ml.entities import (
    CodeConfiguration,
    Environment,
    ManagedOnlineDeployment,
    ManagedOnlineEndpoint,
    Model,
    OnlineRequestSettings,
    ProbeSettings,
)
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity import ManagedIdentityCredential

SCORE = """
import json
import os


def init():
    global factor
    with open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model", "weights.json")) as file:
        factor = json.load(file)["factor"]
    print("init complete")


def run(raw_data):
    print("request received")
    return {"words": [factor * each for each in json.loads(raw_data)["data"]], "team": os.environ["TEAM"]}
"""
client = MLClient(ManagedIdentityCredential(), os.environ["SUBSCRIPTION"], "scenarios", "scenarios")
for folder in ("model", "onlinescoring"):
    Path(folder).mkdir()
Path("model/weights.json").write_text('{"factor": 3}')
Path("onlinescoring/score.py").write_text(SCORE)
Path("conda.yml").write_text("name: scoring\ndependencies: [python=3.11]\n")
Path("request.json").write_text('{"data": [1, 2]}')

client.online_endpoints.begin_create_or_update(
    ManagedOnlineEndpoint(name="words", auth_mode="key", description="Words", tags={"team": "words"})
).result()
blue = client.online_deployments.begin_create_or_update(
    ManagedOnlineDeployment(
        name="blue",
        endpoint_name="words",
        model=Model(path="model"),
        environment=Environment(image="mcr.microsoft.com/azureml/minimal-ubuntu22.04-py39-cpu", conda_file="conda.yml"),
        code_configuration=CodeConfiguration(code="onlinescoring", scoring_script="score.py"),
        environment_variables={"TEAM": "words"},
        request_settings=OnlineRequestSettings(request_timeout_ms=20000, max_concurrent_requests_per_instance=2),
        readiness_probe=ProbeSettings(initial_delay=1, period=1),
        instance_type="Standard_DS3_v2",
        instance_count=1,
    )
).result()
endpoint = client.online_endpoints.get("words")
endpoint.traffic = {"blue": 100}
client.online_endpoints.begin_create_or_update(endpoint).result()
answer = json.loads(client.online_endpoints.invoke("words", request_file="request.json"))
named = json.loads(client.online_endpoints.invoke("words", request_file="request.json", deployment_name="blue"))
log = client.online_deployments.get_logs("blue", "words", lines=100)
keys = client.online_endpoints.get_keys("words")
client.online_endpoints.begin_regenerate_keys("words", key_type="primary").result()
fresh = client.online_endpoints.get_keys("words")
again = json.loads(client.online_endpoints.invoke("words", request_file="request.json"))
blue = client.online_deployments.get("blue", "words")
try:
    client.online_deployments.begin_create_or_update(
        ManagedOnlineDeployment(
            name="broken",
            endpoint_name="words",
            model=Model(path="model"),
            code_configuration=CodeConfiguration(code="onlinescoring", scoring_script="nothing.py"),
            environment=Environment(image="ubuntu", conda_file="conda.yml"),
            instance_type="Standard_DS3_v2",
            instance_count=1,
        ),
        skip_script_validation=True,
    ).result()
    broken = "deployed"
except HttpResponseError as error:
    broken = "nothing.py" in str(error)
try:
    client.online_deployments.begin_delete("blue", "words").result()
    in_use = "deleted"
except HttpResponseError as error:
    in_use = error.status_code
client.online_endpoints.begin_delete("words").result()
try:
    client.online_endpoints.get("words")
    gone = False
except ResourceNotFoundError:
    gone = True
print(
    json.dumps(
        {
            "endpoint": [endpoint.name, endpoint.auth_mode, endpoint.description, endpoint.tags["team"]],
            "state": blue.provisioning_state,
            "settings": [blue.request_settings.request_timeout_ms, blue.readiness_probe.period],
            "answers": [answer, named, again],
            "log": ["init complete" in log, "request received" in log],
            "keys": [fresh.primary_key != keys.primary_key, fresh.secondary_key == keys.secondary_key],
            "broken": broken,
            "in_use": in_use,
            "gone": gone,
        }
    )
)
