"""Every verb of azure-storage-blob that the docs promise, with a key or a token; prints what was found.

arguments: the account's address, the container, the key (or `-` for a token)
"""

import hashlib
import json
import sys
from datetime import UTC, datetime, timedelta

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError
from azure.identity import DefaultAzureCredential
from azure.storage.blob import (
    BlobBlock,
    BlobClient,
    BlobServiceClient,
    ContentSettings,
    generate_account_sas,
    generate_blob_sas,
    generate_container_sas,
)

url, container_name, key = sys.argv[1:]
credential = DefaultAzureCredential() if key == "-" else key
service = BlobServiceClient(url, credential, max_single_put_size=1 << 20, max_block_size=1 << 20)
found = {}


def refused(call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except HttpResponseError as error:
        return f"{error.status_code} {error.error_code}"
    return "allowed"


container = service.create_container(container_name, metadata={"one": "1"})
found["twice"] = refused(service.create_container, container_name)
found["container"] = [container.exists(), container.get_container_properties().metadata]
found["absent"] = service.get_container_client(container_name + "x").exists()
container.set_container_metadata({"two": "2"})
found["container metadata"] = container.get_container_properties().metadata
found["containers"] = [c.name for c in service.list_containers(name_starts_with=container_name, include_metadata=True)]

# small and large
container.upload_blob(
    "a/small.txt",
    b"hello",
    metadata={"k": "v", "a_b": "1", "a1": "2", "ab": "3"},
    content_settings=ContentSettings("text/plain"),
)
big = bytes(range(256)) * 4096 * 5 + b"end"
container.upload_blob("a/big.bin", big, max_concurrency=4)
container.upload_blob("a/b/deep.txt", b"deep", tags=None)
container.upload_blob("top ä+%#.txt", "text")
found["digest"] = hashlib.sha256(container.download_blob("a/big.bin", max_concurrency=3).readall()).hexdigest()
found["expected"] = hashlib.sha256(big).hexdigest()
found["range"] = container.download_blob("a/big.bin", offset=254, length=4).readall().hex()
small = container.get_blob_client("a/small.txt")
properties = small.get_blob_properties()
found["properties"] = [
    properties.size,
    properties.metadata,
    properties.content_settings.content_type,
    properties.blob_type,
]
found["md5"] = properties.content_settings.content_md5.hex()
found["text"] = container.download_blob("top ä+%#.txt", encoding="utf-8").readall()
found["name"] = container.get_blob_client("top ä+%#.txt").get_blob_properties().name

# listings
found["all"] = [b.name for b in container.list_blobs()]
found["prefix"] = [b.name for b in container.list_blobs(name_starts_with="a/b", results_per_page=1)]
found["walk"] = [b.name for b in container.walk_blobs(delimiter="/")]
found["pages"] = [[b.name for b in page] for page in container.list_blobs(results_per_page=2).by_page()]
found["metadata"] = [b.metadata for b in container.list_blobs(name_starts_with="a/small", include=["metadata"])]

# conditions, metadata, headers
found["exists"] = refused(container.upload_blob, "a/small.txt", b"other")
found["etag"] = refused(
    small.upload_blob, b"x", overwrite=True, etag='"0x0"', match_condition=MatchConditions.IfNotModified
)
small.upload_blob(b"again", overwrite=True, etag=properties.etag, match_condition=MatchConditions.IfNotModified)
small.set_blob_metadata({"m": "n"})
small.set_http_headers(ContentSettings("text/markdown", cache_control="no-store"))
changed = small.get_blob_properties()
found["changed"] = [changed.metadata, changed.content_settings.content_type, changed.content_settings.cache_control]
found["not modified"] = refused(small.download_blob, etag=changed.etag, match_condition=MatchConditions.IfModified)

# blocks
blocks = container.get_blob_client("blocks")
for name, data in (("b", b"BB"), ("a", b"A"), ("c", b"CCC")):
    blocks.stage_block(name, data)
found["uncommitted"] = sorted(b.id for b in blocks.get_block_list("all")[1])
found["before"] = blocks.exists()
blocks.commit_block_list([BlobBlock("a"), BlobBlock("b")])
found["committed"] = [
    blocks.download_blob().readall().decode(),
    [b.size for b in blocks.get_block_list("committed")[0]],
]
blocks.stage_block("d", b"D")
blocks.commit_block_list([BlobBlock("b"), BlobBlock("d"), BlobBlock("a")])
found["again"] = blocks.download_blob().readall().decode()
found["bad list"] = refused(blocks.commit_block_list, [BlobBlock("nope")])

# append, copy, delete
log = container.get_blob_client("log.txt")
log.create_append_blob()
log.append_block(b"one\n")
log.append_block(b"two\n")
found["append"] = [log.download_blob().readall().decode(), log.get_blob_properties().append_blob_committed_block_count]
found["position"] = refused(log.append_block, b"x", appendpos_condition=1)
container.get_blob_client("copy.txt").start_copy_from_url(small.url)
copied = container.get_blob_client("copy.txt")
found["copy"] = [copied.download_blob().readall().decode(), copied.get_blob_properties().metadata]
found["page"] = refused(container.get_blob_client("page").create_page_blob, 512)
container.delete_blob("copy.txt")
found["deleted"] = [copied.exists(), refused(container.delete_blob, "copy.txt")]
found["empty"] = container.upload_blob("empty", b"").download_blob().readall().decode()

# signed addresses, as clients make them
until = datetime.now(UTC) + timedelta(minutes=5)
if key == "-":
    delegated = service.get_user_delegation_key(datetime.now(UTC) - timedelta(minutes=1), until)
    secret = {"user_delegation_key": delegated}
else:
    secret = {"account_key": key}
account = service.account_name
token = generate_blob_sas(account, container_name, "a/small.txt", permission="r", expiry=until, **secret)
blob = BlobClient.from_blob_url(f"{small.url.split('?')[0]}?{token}")
found["sas"] = [blob.download_blob().readall().decode(), refused(blob.upload_blob, b"no", overwrite=True)]
other = BlobClient.from_blob_url(f"{container.url}/a/big.bin?{token}")
found["sas of another"] = refused(other.get_blob_properties)
token = generate_container_sas(account, container_name, permission="rwl", expiry=until, **secret)
by_container = BlobServiceClient(url, token).get_container_client(container_name)
found["container sas"] = [len(list(by_container.list_blobs())), refused(by_container.delete_blob, "empty")]
found["managed by sas"] = refused(by_container.delete_container)
expired = generate_container_sas(
    account,
    container_name,
    permission="r",
    expiry=until - timedelta(hours=1),
    start=until - timedelta(hours=2),
    **secret,
)
found["expired"] = refused(BlobServiceClient(url, expired).get_blob_client(container_name, "empty").get_blob_properties)
if key != "-":
    token = generate_account_sas(account, key, "sco", "rl", until)
    by_account = BlobServiceClient(url, token)
    found["account sas"] = [
        container_name in [c.name for c in by_account.list_containers()],
        refused(by_account.get_container_client(container_name).delete_container),
    ]
    info = service.get_account_information()
    found["account"] = info["account_kind"]
container.delete_container()
found["gone"] = container.exists()
print(json.dumps(found))
