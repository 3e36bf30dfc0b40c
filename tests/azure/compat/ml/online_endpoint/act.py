"""online endpoints and deployments: create, get, traffic, keys."""

import json
import sys

from azure.ai.ml import MLClient
from azure.ai.ml.entities import Environment, ManagedOnlineDeployment, ManagedOnlineEndpoint, Model
from azure.identity import DefaultAzureCredential

NAME = sys.argv[1]
client = MLClient(DefaultAzureCredential(), "11111111-2222-3333-4444-555555555555", "compat", "compat")

client.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name=NAME[:32], auth_mode="key")).result()
open("model.txt", "w").write("42")
deployment = ManagedOnlineDeployment(
    name="blue",
    endpoint_name=NAME[:32],
    model=Model(path="model.txt"),
    instance_type="Standard_DS3_v2",
    instance_count=1,
    environment=Environment(image="ubuntu:22.04"),
)
client.online_deployments.begin_create_or_update(deployment).result()
endpoint = client.online_endpoints.get(NAME[:32])
endpoint.traffic = {"blue": 100}
client.online_endpoints.begin_create_or_update(endpoint).result()
assert client.online_endpoints.get_keys(NAME[:32]).primary_key
print(json.dumps({"name": NAME[:32]}))
