"""azure-ai-ml lists the same."""

import json
import sys

from azure.ai.ml import MLClient
from azure.identity import DefaultAzureCredential

client = MLClient(DefaultAzureCredential(), "11111111-2222-3333-4444-555555555555", "compat", "compat")

made = json.loads(sys.argv[1])
assert sorted(each.name for each in client.compute.list()) == made["names"]
