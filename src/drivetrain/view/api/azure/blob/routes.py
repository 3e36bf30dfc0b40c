"""The blob service's routes: `/{account}.blob.core.local/{container}/{blob}`, as clients of a path-style address ask.

Which operation a request means is said by its method and two parameters, not by its path.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from anyio import to_thread
from fastapi import APIRouter, Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from drivetrain.errors import NotFoundError
from drivetrain.record.blobs.model import BlobRefusedError, Refusal
from drivetrain.record.blobs.names import blob_parts, container_name
from drivetrain.view.api.azure.access import EdgeOf
from drivetrain.view.api.azure.blob import answers, containers, objects
from drivetrain.view.api.azure.blob.accounts import BLOB_HOST
from drivetrain.view.api.azure.blob.call import Call, admit
from drivetrain.view.api.azure.blob.request import Asked
from drivetrain.view.api.azure.blob.streams import drain
from drivetrain.view.api.azure.edge import Edge

router = APIRouter(tags=["blob"])
METHODS = ["GET", "HEAD", "PUT", "POST", "DELETE"]
Operations = Mapping[tuple[str, str], Callable[[Call], Awaitable[Response]]]

_INFORMATION: Operations = {
    ("GET", "account/properties"): containers.account_information,
    ("HEAD", "account/properties"): containers.account_information,
}
_OF_ACCOUNT: Operations = {
    **_INFORMATION,
    ("GET", "list"): containers.list_containers,
    ("GET", "service/properties"): containers.service_properties,
    ("POST", "service/userdelegationkey"): containers.user_delegation_key,
    ("GET", "container/list"): containers.list_from_account,
}
_OF_CONTAINER: Operations = {
    **_INFORMATION,
    ("PUT", "container"): containers.create,
    ("GET", "container"): containers.properties,
    ("HEAD", "container"): containers.properties,
    ("GET", "container/metadata"): containers.properties,
    ("HEAD", "container/metadata"): containers.properties,
    ("PUT", "container/metadata"): containers.set_metadata,
    ("GET", "container/acl"): containers.access_policy,
    ("GET", "container/list"): containers.list_them,
    ("DELETE", "container"): containers.delete,
}
_OF_BLOB: Operations = {
    **_INFORMATION,
    ("GET", ""): objects.get,
    ("HEAD", ""): objects.head,
    ("PUT", ""): objects.put,
    ("DELETE", ""): objects.delete,
    ("PUT", "block"): objects.put_block,
    ("PUT", "blocklist"): objects.put_block_list,
    ("GET", "blocklist"): objects.get_block_list,
    ("PUT", "appendblock"): objects.append_block,
    ("PUT", "metadata"): objects.set_metadata,
    ("GET", "metadata"): objects.get_metadata,
    ("HEAD", "metadata"): objects.get_metadata,
    ("PUT", "properties"): objects.set_properties,
}


@router.api_route(f"/{{account}}{BLOB_HOST}", methods=METHODS)
@router.api_route(f"/{{account}}{BLOB_HOST}/", methods=METHODS)
async def account_level(edge: EdgeOf, request: Request, account: str) -> Response:
    """What concerns the account."""
    return await _answer(edge, Asked(request, account), _OF_ACCOUNT)


@router.api_route(f"/{{account}}{BLOB_HOST}/{{container}}", methods=METHODS)
@router.api_route(f"/{{account}}{BLOB_HOST}/{{container}}/", methods=METHODS)
async def container_level(edge: EdgeOf, request: Request, account: str, container: str) -> Response:
    """What concerns a container."""
    return await _answer(edge, Asked(request, account, container), _OF_CONTAINER)


@router.api_route(f"/{{account}}{BLOB_HOST}/{{container}}/{{blob:path}}", methods=METHODS)
async def blob_level(edge: EdgeOf, request: Request, account: str, container: str, blob: str) -> Response:
    """What concerns a blob."""
    return await _answer(edge, Asked(request, account, container, blob), _OF_BLOB)


async def _answer(edge: Edge, asked: Asked, operations: Operations) -> Response:
    try:
        call = await to_thread.run_sync(_admitted, edge, asked)
        if asked.container:
            await call.reach(asked.container, asked.blob or containers.whole_prefix(asked.one("prefix")))
        return await operations.get((asked.request.method, asked.operation), _unknown)(call)
    except BlobRefusedError as error:
        await drain(asked.request)
        return answers.refused(asked, error)
    except ClientDisconnect:
        return Response(None, 400)


async def _unknown(call: Call) -> Response:
    words = f"{call.asked.request.method} ?{call.asked.operation[:50]} is not served here (see docs/azure/storage.md)"
    raise BlobRefusedError(Refusal.UNSUPPORTED_VERB, words)


def _admitted(edge: Edge, asked: Asked) -> Call:
    """The request, if it may come in. Raises BlobRefusedError."""
    try:
        account, workspace = edge.blobs.find(asked.account)
    except NotFoundError as error:
        raise BlobRefusedError(Refusal.RESOURCE, error.message) from error
    call = admit(edge, asked, account, workspace)
    if asked.container:
        container_name(asked.container)
    if asked.blob.endswith("/") and asked.request.method in ("GET", "HEAD"):
        # azure-ai-ml asks whether there is a blob of a folder's name; there never is, as none can be made.
        raise BlobRefusedError(Refusal.BLOB_NOT_FOUND, "The specified blob does not exist.")
    if asked.blob:
        blob_parts(asked.blob)
    return call
