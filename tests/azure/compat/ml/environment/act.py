"""environments: create from a conda file, get, list versions."""

import json
import sys

from azure.ai.ml import MLClient
from azure.ai.ml.entities import Environment
from azure.identity import DefaultAzureCredential

NAME = sys.argv[1]
client = MLClient(DefaultAzureCredential(), "11111111-2222-3333-4444-555555555555", "compat", "compat")

open("conda.yml", "w").write("dependencies:\n- python=3.11\n- pip\n- pip:\n  - requests\n")
made = client.environments.create_or_update(Environment(name=NAME, conda_file="conda.yml", image="ubuntu:22.04"))
found = client.environments.get(NAME, label="latest")
assert found.version == made.version
assert [each.version for each in client.environments.list(NAME)] == [made.version]
print(json.dumps({"name": NAME, "version": made.version}))
