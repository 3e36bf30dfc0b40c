"""list_blobs, walk_blobs, metadata, delete."""

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
for each in ("a.txt", "b/c.txt", "b/d.txt"):
    container.upload_blob(each, each, metadata={"of": "suite"})
assert [each.name for each in container.list_blobs(name_starts_with="b/")] == ["b/c.txt", "b/d.txt"]
assert sorted(each.name for each in container.walk_blobs()) == ["a.txt", "b/"]
assert container.get_blob_client("a.txt").get_blob_properties().metadata == {"of": "suite"}
container.delete_blob("a.txt")
print(json.dumps({"container": NAME}))
