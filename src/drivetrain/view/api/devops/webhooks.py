"""Where anybody posts what is to start pipelines: `POST /_apis/public/distributedtask/webhooks/NAME`. Outside of all
tokens, as on Azure: who comes here has a signature, where the service connection has a secret.

200  kept, to be looked at next
400  signed, but no JSON object
401  the signature is missing or wrong
404  no service connection has a webhook of this name
413  larger than 1 MB: it becomes a parameter of a pipeline

https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/resources-webhooks-webhook
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from drivetrain.view.api.devops.access import ServicesOf
from drivetrain.view.api.devops.takes import Taken

router = APIRouter(prefix="/_apis/public/distributedtask/webhooks", tags=["webhooks"])
MAX_BYTES = 1_000_000
MAX_NAME = 200
_STATUS = {Taken.KEPT: 200, Taken.UNKNOWN: 404, Taken.REFUSED: 401, Taken.UNREADABLE: 400, Taken.TOO_LARGE: 413}


@router.post("/{name}")
async def post(services: ServicesOf, request: Request, name: str) -> JSONResponse:
    """Post to a webhook."""
    body = await _body(request)
    if body is None:
        taken = Taken.TOO_LARGE
    elif services.take is None or len(name) > MAX_NAME:
        taken = Taken.UNKNOWN
    else:
        taken = await run_in_threadpool(services.take, name, _headers(request), body)
    return JSONResponse({"post": str(taken)}, _STATUS[taken])


async def _body(request: Request) -> bytes | None:
    """The body as it came; None when it is too large, of which no more is read."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BYTES:
            return None
        parts.append(part)
    return b"".join(parts)


def _headers(request: Request) -> dict[str, str]:
    """One that is there more than once says nothing: which is it to be?"""
    found: dict[str, str] = {}
    for name, value in request.headers.items():
        found[name.lower()] = "" if name.lower() in found else value
    return found
