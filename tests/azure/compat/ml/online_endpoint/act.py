"""online endpoints and deployments: create, traffic, invoke, logs, keys."""

import json
import sys
from pathlib import Path

from azure.ai.ml import MLClient
from azure.ai.ml.entities import CodeConfiguration, Environment, ManagedOnlineDeployment, ManagedOnlineEndpoint, Model
from azure.identity import DefaultAzureCredential

NAME = sys.argv[1][:32]
client = MLClient(DefaultAzureCredential(), "11111111-2222-3333-4444-555555555555", "compat", "compat")

client.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name=NAME, auth_mode="key")).result()
Path("model.txt").write_text("42")
Path("code").mkdir()
Path("code/score.py").write_text("""
import json
import os


def init():
    global answer
    with open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model.txt")) as file:
        answer = int(file.read())
    print("read the model")


def run(raw_data):
    return json.loads(raw_data)["x"] * answer
""")
Path("conda.yml").write_text("name: scoring\ndependencies: [python=3.11]\n")
deployment = ManagedOnlineDeployment(
    name="blue",
    endpoint_name=NAME,
    model=Model(path="model.txt"),
    code_configuration=CodeConfiguration(code="code", scoring_script="score.py"),
    instance_type="Standard_DS3_v2",
    instance_count=1,
    environment=Environment(image="ubuntu:22.04", conda_file="conda.yml"),
)
client.online_deployments.begin_create_or_update(deployment).result()
endpoint = client.online_endpoints.get(NAME)
endpoint.traffic = {"blue": 100}
client.online_endpoints.begin_create_or_update(endpoint).result()
Path("request.json").write_text('{"x": 2}')
assert json.loads(client.online_endpoints.invoke(NAME, request_file="request.json")) == 84
assert "read the model" in client.online_deployments.get_logs("blue", NAME, lines=100)
assert client.online_endpoints.get_keys(NAME).primary_key
print(json.dumps({"name": NAME}))
