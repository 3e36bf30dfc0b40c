"""models: register from a file, get, list, download."""

import json
import os
import sys

from azure.ai.ml import MLClient
from azure.ai.ml.entities import Model
from azure.identity import DefaultAzureCredential

NAME = sys.argv[1]
client = MLClient(DefaultAzureCredential(), "11111111-2222-3333-4444-555555555555", "compat", "compat")

open("model.txt", "w").write("42")
made = client.models.create_or_update(Model(name=NAME, path="model.txt", type="custom_model", tags={"a": "b"}))
assert client.models.get(NAME, version=made.version).tags["a"] == "b"
assert [each.version for each in client.models.list(NAME)] == [made.version]
client.models.download(NAME, made.version, download_path="down")
found = [open(os.path.join(place, name)).read() for place, _, names in os.walk("down") for name in names]
assert found == ["42"], found
print(json.dumps({"name": NAME, "version": made.version}))
