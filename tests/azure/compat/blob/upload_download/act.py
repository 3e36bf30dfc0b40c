"""upload_blob and download_blob, by a bearer token."""

import json
import os
import sys

from azure.identity import ManagedIdentityCredential
from azure.storage.blob import BlobServiceClient

NAME = sys.argv[1]
HOST = os.environ["IDENTITY_ENDPOINT"].rpartition("/msi/")[0]
account = BlobServiceClient(
    f"{HOST}/{os.environ['COMPAT_ACCOUNT']}.blob.core.local", credential=ManagedIdentityCredential()
)
container = account.create_container(NAME)
container.upload_blob("a/b.bin", bytes(range(256)) * 40_000, max_concurrency=4)
assert container.download_blob("a/b.bin", offset=256, length=3).readall() == bytes(range(3))
print(json.dumps({"container": NAME}))
