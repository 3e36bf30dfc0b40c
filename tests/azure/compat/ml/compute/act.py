"""compute: create, get, list."""

import json
import sys

from azure.ai.ml import MLClient
from azure.ai.ml.entities import AmlCompute
from azure.identity import DefaultAzureCredential

NAME = sys.argv[1]
client = MLClient(DefaultAzureCredential(), "11111111-2222-3333-4444-555555555555", "compat", "compat")

client.compute.begin_create_or_update(AmlCompute(name=NAME, size="Standard_DS3_v2", max_instances=2)).result()
found = client.compute.get(NAME)
assert found.max_instances == 2
assert NAME in [each.name for each in client.compute.list()]
print(json.dumps({"name": found.name}))
