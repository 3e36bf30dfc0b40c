"""An older client sees what is left."""

import json
import os
import sys

from azure.identity import ManagedIdentityCredential
from azure.storage.blob import BlobServiceClient

made = json.loads(sys.argv[1])
HOST = os.environ["IDENTITY_ENDPOINT"].rpartition("/msi/")[0]
account = BlobServiceClient(
    f"{HOST}/{os.environ['COMPAT_ACCOUNT']}.blob.core.local", credential=ManagedIdentityCredential()
)
assert [each.name for each in account.get_container_client(made["container"]).list_blobs()] == ["b/c.txt", "b/d.txt"]
