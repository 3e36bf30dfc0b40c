"""workspaces.get and list."""

import json
import sys

from azure.ai.ml import MLClient
from azure.identity import DefaultAzureCredential

NAME = sys.argv[1]
client = MLClient(DefaultAzureCredential(), "11111111-2222-3333-4444-555555555555", "compat", "compat")

found = client.workspaces.get("compat")
assert "compat" in [each.name for each in client.workspaces.list()]
print(json.dumps({"name": found.name, "tracking": found.mlflow_tracking_uri}))
