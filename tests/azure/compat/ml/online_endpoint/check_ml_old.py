"""An older client reads it."""

import json
import sys

from azure.ai.ml import MLClient
from azure.identity import DefaultAzureCredential

client = MLClient(DefaultAzureCredential(), "11111111-2222-3333-4444-555555555555", "compat", "compat")

made = json.loads(sys.argv[1])
assert client.online_endpoints.get(made["name"]).traffic == {"blue": 100}
assert [each.name for each in client.online_deployments.list(made["name"])] == ["blue"]
assert client.online_deployments.get("blue", made["name"]).provisioning_state == "Succeeded"
client.online_endpoints.begin_delete(made["name"]).result()
