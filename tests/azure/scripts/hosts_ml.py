"""A script for Azure itself: it names no cloud and no address. Prints what it found of its workspace."""

import json
import os
import sys
from pathlib import Path

from azure.ai.ml import MLClient
from azure.ai.ml.entities import Data
from azure.identity import DefaultAzureCredential, EnvironmentCredential

subscription, group, name, application, secret, tenant = sys.argv[1:]
os.environ.update(AZURE_CLIENT_ID=application, AZURE_CLIENT_SECRET=secret, AZURE_TENANT_ID=tenant)
token = EnvironmentCredential().get_token("https://management.azure.com/.default")
for each in ("AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_TENANT_ID"):
    del os.environ[each]
client = MLClient(DefaultAzureCredential(), subscription, group, name)
Path("rows.csv").write_text("a,b\n1,2\n")
made = client.data.create_or_update(Data(name="rows", path="rows.csv", type="uri_file"))
workspace = client.workspaces.get(name)
print(json.dumps({"workspace": workspace.name, "token": bool(token.token), "data": [made.name, made.version]}))
