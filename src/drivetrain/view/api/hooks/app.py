"""Where hosts deliver: `POST /hooks/{host}/{key}`. Outside of the guard: who comes here has a signature, no token.

404  no webhook has this path
413  more than 25 MB, as much as GitHub sends at most
401  the signature is missing or wrong; our log says which
400  signed, but no JSON
202  kept, to be looked at next
200  kept before
503  cannot be kept now: the host is to deliver it again

The name in the Host header does not matter: a page of another site that has made its name point here can make no
signature, and there is neither cookie nor session to misuse.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.routing import Route

from drivetrain.errors import DrivetrainError
from drivetrain.source.webhooks.receiving import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from drivetrain.source.webhooks.receiving import Receiver

MAX_BYTES = 25 * 1024 * 1024
"""https://docs.github.com/webhooks/webhook-events-and-payloads#payload-cap"""
MAX_KEY = 100
_log = logging.getLogger("drivetrain")
_STATUS: Mapping[Answer, int] = {Answer.KEPT: 202, Answer.KNOWN: 200, Answer.REFUSED: 401, Answer.UNREADABLE: 400}


def create_hooks(receiver: Receiver) -> ASGIApp:
    """The application, to be mounted at `/hooks`."""
    app = Starlette(routes=[Route("/{host}/{key}", _deliver, methods=["POST"])])
    app.router.redirect_slashes = False
    app.state.receiver = receiver
    return app


async def _deliver(request: Request) -> JSONResponse:
    receiver: Receiver = request.app.state.receiver
    host, key = request.path_params["host"], request.path_params["key"]
    try:
        to = await run_in_threadpool(receiver.find, host, key) if len(key) <= MAX_KEY else None
        if to is None:
            return JSONResponse({"delivery": "unknown"}, 404)
        body = await _body(request)
        if body is None:
            return JSONResponse({"delivery": "too large"}, 413)
        answer = await run_in_threadpool(receiver.take, to, _headers(request), body)
    except ClientDisconnect:
        return JSONResponse({"delivery": "cut"}, 400)
    except DrivetrainError as error:
        _log.warning("a delivery of %s cannot be kept: %s", host, error.message)
        return JSONResponse({"delivery": "unavailable"}, 503, {"Retry-After": "30"})
    return JSONResponse({"delivery": str(answer)}, _STATUS[answer])


async def _body(request: Request) -> bytes | None:
    """The body as it came; None when it is too large, of which no more is read."""
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared[:20]) > MAX_BYTES:
        return None
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BYTES:
            return None
        parts.append(part)
    return b"".join(parts)


def _headers(request: Request) -> dict[str, str]:
    """Headers by their names in lower case. One that is there more than once says nothing: which is it to be?"""
    found: dict[str, str] = {}
    for name, value in request.headers.items():
        found[name] = "" if name in found else value
    return found
