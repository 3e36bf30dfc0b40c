"""Its bytes are in the account of the workspace."""

import json
import os
import sys

from azure.identity import ManagedIdentityCredential
from azure.storage.blob import BlobServiceClient

made = json.loads(sys.argv[1])
path = made["path"]
assert path.startswith("azureml://"), path
assert path.endswith("rows.csv"), path


address = os.environ["IDENTITY_ENDPOINT"].rpartition("/msi/")[0]
account = BlobServiceClient(
    f"{address}/{os.environ['COMPAT_ACCOUNT']}.blob.core.local", credential=ManagedIdentityCredential()
)
found = [
    container.download_blob(blob.name).readall()
    for container in map(account.get_container_client, (each.name for each in account.list_containers()))
    for blob in container.list_blobs(name_starts_with=path.partition("/paths/")[2])
]
assert b"a,b\n1,2\n" in found, found
