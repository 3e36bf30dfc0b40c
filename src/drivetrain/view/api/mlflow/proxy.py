"""Passes a request on to MLflow's server and streams its answer back, in flat memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.errors import UnavailableError
from drivetrain.record.tracking.hosting import SECRET_HEADER

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx

    from drivetrain.view.api.mlflow.asgi import Headers, Scope, Send

_HOP_BY_HOP = frozenset(
    (
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    )
)
"""RFC 9110, section 7.6.1: they belong to one connection."""
_OURS_ALONE = frozenset(
    (
        b"host",
        b"authorization",
        b"cookie",
        b"origin",
        b"expect",
        b"forwarded",
        b"x-forwarded-for",
        b"x-forwarded-proto",
        b"x-forwarded-host",
        SECRET_HEADER.encode(),
    )
)
"""What was meant for us: who asks, and from where. MLflow sees only us."""
_DOWNLOADS = ("/get-artifact", "/model-versions/get-artifact", "/api/2.0/mlflow-artifacts/")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def request_target(scope: Scope) -> bytes:
    """The path below our prefix as the client wrote it, its escapes kept, and the query."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    prefix: bytes = scope.get("root_path", "").encode()
    path = raw.split(b"?", 1)[0].removeprefix(prefix)
    query: bytes = scope.get("query_string", b"")
    return path + b"?" + query if query else path


def request_headers(scope: Scope, length: int | None) -> Headers:
    """The client's headers without those of the connection; `length` replaces what it said of the body."""
    named = {
        token.strip().lower() for key, value in scope["headers"] if key == b"connection" for token in value.split(b",")
    }
    chunked = any(key == b"transfer-encoding" for key, _ in scope["headers"])
    dropped = _HOP_BY_HOP | _OURS_ALONE | named
    if chunked or length is not None:
        dropped |= {b"content-length"}
    headers = [(key, value) for key, value in scope["headers"] if key not in dropped]
    return headers if length is None else [*headers, (b"content-length", b"%d" % length)]


async def exchange(
    client: httpx.AsyncClient, scope: Scope, body: AsyncIterator[bytes] | bytes, *, target: bytes
) -> httpx.Response:
    """Send the request; the answer's body is yet to be read, and must be closed.

    Raises:
        UnavailableError: MLflow's process ended meanwhile.
    """
    import httpx  # noqa: PLC0415 - only needed once MLflow is wanted

    length = len(body) if isinstance(body, bytes) else None
    request = client.build_request(
        scope["method"],
        client.base_url,
        headers=[(SECRET_HEADER.encode(), client.headers[SECRET_HEADER].encode()), *request_headers(scope, length)],
        content=body,
        extensions={"target": target},  # byte for byte: a client library that tidies paths would undo our checks
    )
    try:
        return await client.send(request, stream=True)
    except httpx.TransportError as error:
        raise UnavailableError(f"MLflow ended while it answered: {error!r}", hint="try again") from error


def response_headers(response: httpx.Response, scope: Scope, path: str) -> Headers:
    """MLflow's headers, with addresses of its own port made into ours."""
    kept = []
    for name, value in response.headers.raw:
        key = name.lower()
        if key in _HOP_BY_HOP or key in {b"set-cookie", b"server", b"date"}:
            continue
        kept.append((key, _outside(value, response, scope) if key == b"location" else value))
    if path.startswith(_DOWNLOADS):  # a job's HTML must not run as one of our pages
        kept.append((b"content-security-policy", b"sandbox"))
    return kept


def _outside(location: bytes, response: httpx.Response, scope: Scope) -> bytes:
    base = str(response.request.url.copy_with(raw_path=b"/")).rstrip("/").encode()
    inside = location.removeprefix(base)
    return scope.get("root_path", "").encode() + inside if inside.startswith(b"/") else inside


async def relay(response: httpx.Response, send: Send, headers: Headers) -> None:
    """Stream the answer to the client, piece by piece."""
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    async for chunk in response.aiter_raw():
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
