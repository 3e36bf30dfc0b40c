"""An older client reads it."""

import json
import sys

from azure.ai.ml import MLClient
from azure.identity import DefaultAzureCredential

client = MLClient(DefaultAzureCredential(), "11111111-2222-3333-4444-555555555555", "compat", "compat")

made = json.loads(sys.argv[1])
assert client.components.get(made["name"], version=made["version"]).command == "echo ${{inputs.x}}"
