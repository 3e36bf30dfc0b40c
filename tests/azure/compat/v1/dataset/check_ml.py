"""azure-ai-ml has it as data."""

import json
import sys

from azure.ai.ml import MLClient
from azure.identity import ManagedIdentityCredential

told = json.loads(sys.argv[1])
client = MLClient(ManagedIdentityCredential(), "11111111-2222-3333-4444-555555555555", "compat", "compat")
found = client.data.get(told["dataset"], version="1")
assert found.type == "uri_folder", found
assert found.description == "files", found
assert found.path.endswith("/datastores/" + told["store"] + "/paths/" + told["dataset"]), found.path
assert told["dataset"] + " table" not in [each.name for each in client.data.list()]
