"""conditional uploads."""

import json
import os
import sys

from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError
from azure.identity import ManagedIdentityCredential
from azure.storage.blob import BlobServiceClient

NAME = sys.argv[1]
HOST = os.environ["IDENTITY_ENDPOINT"].rpartition("/msi/")[0]
account = BlobServiceClient(
    f"{HOST}/{os.environ['COMPAT_ACCOUNT']}.blob.core.local", credential=ManagedIdentityCredential()
)
container = account.create_container(NAME)
client = container.upload_blob("a.txt", b"1")
try:
    container.upload_blob("a.txt", b"2")
    raise SystemExit("a blob was replaced that should not have been")
except ResourceExistsError:
    pass
etag = client.get_blob_properties().etag
container.upload_blob("a.txt", b"3", overwrite=True)
try:
    client.download_blob(etag=etag, match_condition=MatchConditions.IfNotModified).readall()
    raise SystemExit("a blob was read that had changed")
except ResourceModifiedError:
    pass
print(json.dumps({"container": NAME}))
