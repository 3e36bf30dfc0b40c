"""The last one counts."""

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
assert account.get_blob_client(made["container"], "a.txt").download_blob().readall() == b"3"
