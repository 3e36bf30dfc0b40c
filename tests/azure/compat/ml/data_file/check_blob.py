"""Its bytes are in the account of the workspace."""

import json
import os
import sys
import urllib.request

made = json.loads(sys.argv[1])
path = made["path"]
assert path.startswith("azureml://") and path.endswith("rows.csv"), path

from azure.identity import ManagedIdentityCredential

address = os.environ["IDENTITY_ENDPOINT"].rpartition("/msi/")[0]
store = path.partition("/datastores/")[2].partition("/")[0]
workspace = (
    path.partition("azureml://")[2]
    .partition("/datastores/")[0]
    .replace("/workspaces/", "/providers/Microsoft.MachineLearningServices/workspaces/")
)
workspace = workspace.replace("resourcegroups", "resourceGroups")
token = ManagedIdentityCredential().get_token("https://management.azure.com/.default").token


def ask(method, tail):
    request = urllib.request.Request(
        address + "/" + workspace + tail, method=method, data=b"{}" if method == "POST" else None
    )
    request.add_header("Authorization", "Bearer " + token)
    request.add_header("Content-Type", "application/json")
    return json.load(urllib.request.urlopen(request))


properties = ask("GET", "/datastores/" + store + "?api-version=2023-04-01")["properties"]
secrets = ask("POST", "/datastores/" + store + "/listSecrets?api-version=2023-04-01")
from azure.storage.blob import BlobServiceClient

url = "https://" + properties["accountName"] + ".blob." + properties["endpoint"]
account = BlobServiceClient(url, credential=secrets.get("sasToken") or secrets["key"])
blob = account.get_blob_client(properties["containerName"], path.partition("/paths/")[2])
assert blob.download_blob().readall() == b"a,b\n1,2\n"
