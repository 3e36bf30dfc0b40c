"""azure-storage-blob's async client: up, down, list. arguments: the account's address, the container, the key"""

import asyncio
import json
import sys

from azure.storage.blob.aio import BlobServiceClient

url, container_name, key = sys.argv[1:]


async def main():
    found = {}
    async with BlobServiceClient(url, key, max_single_put_size=1 << 20, max_block_size=1 << 20) as service:
        container = await service.create_container(container_name)
        data = bytes(range(256)) * 4096 * 3
        await asyncio.gather(*(container.upload_blob(f"n/{i}", data[i:], max_concurrency=2) for i in range(4)))
        stream = await container.download_blob("n/3", max_concurrency=2)
        found["same"] = await stream.readall() == data[3:]
        found["names"] = [blob.name async for blob in container.list_blobs(name_starts_with="n/")]
        found["sp ace"] = (await container.upload_blob("sp ace/ü.txt", b"1")).blob_name
        await container.delete_container()
    return found


print(json.dumps(asyncio.run(main())))
