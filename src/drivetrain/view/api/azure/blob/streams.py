"""Bytes in and out, in pieces: the memory that a transfer takes does not grow with its size."""

from __future__ import annotations

import errno
import os
import re
from typing import TYPE_CHECKING

from anyio import to_thread
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from drivetrain.record.blobs.model import BlobRefusedError, Refusal

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from drivetrain.record.blobs.staging import Incoming

PIECE = 1 << 20
DRAINED = 80 << 20
"""How much of a refused body is thrown away, so that its sender hears the refusal: a client's largest piece."""
_RANGE = re.compile(r"bytes=(\d{1,15})-(\d{1,15})?")


async def take(request: Request, incoming: Incoming, limit: int) -> None:
    """Receive a body into a file. Raises BlobRefusedError when it is larger than the limit, or the disk is full."""
    held = bytearray()
    try:
        async for chunk in request.stream():
            held += chunk
            if incoming.size + len(held) > limit:
                raise BlobRefusedError(Refusal.TOO_LARGE, f"the body has more than {limit} bytes")
            if len(held) >= PIECE:
                await to_thread.run_sync(incoming.write, bytes(held))
                held.clear()
        await to_thread.run_sync(incoming.write, bytes(held))
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise BlobRefusedError(Refusal.TOO_LARGE, "the disk is full") from error


async def read_small(request: Request, limit: int) -> bytes:
    """A body that is a document. Raises BlobRefusedError when it is larger than the limit."""
    held = bytearray()
    async for chunk in request.stream():
        held += chunk
        if len(held) > limit:
            raise BlobRefusedError(Refusal.TOO_LARGE, f"the body has more than {limit} bytes")
    return bytes(held)


async def drain(request: Request) -> None:
    """Throw away what comes, up to a limit; the body may have been read already."""
    passed = 0
    try:
        async for chunk in request.stream():
            passed += len(chunk)
            if passed > DRAINED:
                return
    except (ClientDisconnect, RuntimeError):
        return


def span(text: str, size: int) -> tuple[int, int] | None:
    """Start and length that a header `Range` asks for; None: all. Raises BlobRefusedError when nothing lies there.

    https://learn.microsoft.com/rest/api/storageservices/specifying-the-range-header-for-blob-service-operations
    """
    found = _RANGE.fullmatch(text.strip()) if text else None
    if found is None:
        return None
    start = int(found[1])
    end = min(int(found[2]), size - 1) if found[2] else size - 1
    if start >= size or end < start:
        raise BlobRefusedError(Refusal.RANGE, "The range specified is invalid for the current size of the resource.")
    return start, end - start + 1


class FileStream(Response):
    """A part of an open file. It closes the descriptor."""

    def __init__(self, descriptor: int, start: int, length: int, status: int, headers: dict[str, str]) -> None:
        super().__init__(None, status, {**headers, "content-length": str(length)})
        self._descriptor = descriptor
        self._start = start
        self._length = length

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        del scope, receive
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            passed = 0
            while passed < self._length:
                wanted = min(PIECE, self._length - passed)
                piece = await to_thread.run_sync(os.pread, self._descriptor, wanted, self._start + passed)
                if not piece:  # a job cut the file meanwhile: the connection ends, so that nobody takes it for whole
                    raise OSError(errno.EIO, "the file became shorter while it was read")
                passed += len(piece)
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            os.close(self._descriptor)
