"""components: create, get."""

import json
import sys

from azure.ai.ml import MLClient, command
from azure.ai.ml.entities import Environment
from azure.identity import DefaultAzureCredential

NAME = sys.argv[1].replace("-", "_")
client = MLClient(DefaultAzureCredential(), "11111111-2222-3333-4444-555555555555", "compat", "compat")

made = client.components.create_or_update(
    command(
        name=NAME, command="echo ${{inputs.x}}", environment=Environment(image="ubuntu:22.04"), inputs={"x": 1}
    ).component
)
found = client.components.get(NAME, version=made.version)
assert found.inputs["x"]["type"] in ("integer", "number")
print(json.dumps({"name": NAME, "version": made.version}))
