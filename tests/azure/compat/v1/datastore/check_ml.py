"""azure-ai-ml makes data of it."""

import json
import sys

from azure.ai.ml import MLClient
from azure.ai.ml.entities import Data
from azure.identity import DefaultAzureCredential

client = MLClient(DefaultAzureCredential(), "11111111-2222-3333-4444-555555555555", "compat", "compat")

made = json.loads(sys.argv[1])
path = f"azureml://datastores/{made['store']}/paths/{made['path']}"
found = client.data.create_or_update(Data(name=made["path"].split("/")[0], path=path, type="uri_file"))
assert found.path.endswith(made["path"])
