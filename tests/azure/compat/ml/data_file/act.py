"""data: upload a file as an asset, get."""

import json
import sys

from azure.ai.ml import MLClient
from azure.ai.ml.entities import Data
from azure.identity import DefaultAzureCredential

NAME = sys.argv[1]
client = MLClient(DefaultAzureCredential(), "11111111-2222-3333-4444-555555555555", "compat", "compat")

open("rows.csv", "w").write("a,b\n1,2\n")
made = client.data.create_or_update(Data(name=NAME, path="rows.csv", type="uri_file", tags={"origin": "here"}))
found = client.data.get(NAME, version=made.version)
assert found.tags == {"origin": "here"}
print(json.dumps({"path": found.path}))
