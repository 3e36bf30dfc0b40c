"""Roll out a new version of an MLflow model without a scoring script: blue and green, a mirror, traffic, tokens.

https://learn.microsoft.com/azure/machine-learning/how-to-safely-rollout-online-endpoints
"""

import json
import os
import urllib.error
import urllib.request
from pathlib import Path

from azure.ai.ml import MLClient
from azure.ai.ml.constants import AssetTypes
from azure.ai.ml.constants._endpoint import EndpointInvokeFields
from azure.ai.ml.entities import (
    DataCollector,
    DeploymentCollection,
    ManagedOnlineDeployment,
    ManagedOnlineEndpoint,
    Model,
)
from azure.core.exceptions import HttpResponseError
from azure.identity import ManagedIdentityCredential

client = MLClient(ManagedIdentityCredential(), os.environ["SUBSCRIPTION"], "scenarios", "scenarios")
Path("request.json").write_text(json.dumps({"input_data": {"columns": ["a", "b"], "index": [0], "data": [[1.0, 2.0]]}}))
for version, folder in (("1", "sum"), ("2", "difference")):
    client.models.create_or_update(
        Model(name="rolled", version=version, path=f"{os.environ['MODELS']}/{folder}", type=AssetTypes.MLFLOW_MODEL)
    )


def deployed(name, version, **more):
    return client.online_deployments.begin_create_or_update(
        ManagedOnlineDeployment(
            name=name,
            endpoint_name="rollout",
            model=f"azureml:rolled:{version}",
            instance_type="Standard_DS3_v2",
            instance_count=1,
            properties={"drivetrain.runtime": "native"},
            **more,
        )
    ).result()


def traffic(**shares):
    endpoint = client.online_endpoints.get("rollout")
    endpoint.traffic, endpoint.mirror_traffic = shares.pop("live"), shares.pop("mirror", {})
    return client.online_endpoints.begin_create_or_update(endpoint).result()


def asked(deployment=None):
    # A client that has named a deployment once sends all requests there: it keeps the header.
    EndpointInvokeFields.DEFAULT_HEADER.pop(EndpointInvokeFields.MODEL_DEPLOYMENT, None)
    text = client.online_endpoints.invoke("rollout", request_file="request.json", deployment_name=deployment)
    return round(json.loads(text)[0], 6)


def status_with(token):
    request = urllib.request.Request(
        client.online_endpoints.get("rollout").scoring_uri,
        Path("request.json").read_bytes(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
    )
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


client.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name="rollout", auth_mode="aml_token")).result()
collect = DataCollector(collections={"model_inputs": DeploymentCollection(enabled="true")}, sampling_rate=0.5)
blue = deployed("blue", "1", data_collector=collect)
try:
    asked()
    unrouted = 200
except HttpResponseError as error:
    unrouted = error.status_code
traffic(live={"blue": 100})
before = asked()
deployed("green", "2")
alone = asked("green")
mirrored = traffic(live={"blue": 100}, mirror={"green": 50})
still = asked()
try:
    traffic(live={"blue": 90})
    wrong = 200
except HttpResponseError as error:
    wrong = error.status_code
shared = traffic(live={"blue": 90, "green": 10})
traffic(live={"blue": 0, "green": 100})
after = asked()
client.online_deployments.begin_delete("blue", "rollout").result()
token = client.online_endpoints.get_keys("rollout").access_token
statuses = [status_with(token), status_with(token[:-4]), status_with("")]
endpoint = client.online_endpoints.get("rollout")
client.online_endpoints.begin_create_or_update(
    ManagedOnlineEndpoint(name="rollout", auth_mode="aad_token", traffic=endpoint.traffic)
).result()
entra = asked()
statuses.append(status_with(token))
left = [each.name for each in client.online_deployments.list("rollout")]
client.online_endpoints.begin_delete("rollout").result()
print(
    json.dumps(
        {
            "state": blue.provisioning_state,
            "collected": blue.data_collector.sampling_rate,
            "unrouted": unrouted,
            "answers": [before, alone, still, after, entra],
            "mirrored": mirrored.mirror_traffic,
            "shared": shared.traffic,
            "wrong": wrong,
            "statuses": statuses,
            "left": left,
        }
    )
)
