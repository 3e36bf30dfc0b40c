"""An older client reads all of it."""

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
assert account.get_blob_client(made["container"], "a/b.bin").download_blob().readall() == bytes(range(256)) * 40_000
