"""datastores: list, get_default."""

import json
import sys

from azure.ai.ml import MLClient
from azure.identity import DefaultAzureCredential

NAME = sys.argv[1]
client = MLClient(DefaultAzureCredential(), "11111111-2222-3333-4444-555555555555", "compat", "compat")

names = {each.name for each in client.datastores.list()}
assert client.datastores.get_default().name in names
print(json.dumps({"names": sorted(names), "default": client.datastores.get_default().name}))
