"""The files behind links (links.py): read with ranges, written as block blobs, as the storage clients do it.

https://learn.microsoft.com/rest/api/storageservices/put-blob and its siblings for blocks
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import shutil
from email.utils import formatdate
from pathlib import Path
from typing import BinaryIO
from xml.etree import ElementTree as ET

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse
from starlette.exceptions import HTTPException

from drivetrain.view.api.azure.access import EdgeOf
from drivetrain.view.api.azure.documents import whole_body
from drivetrain.view.api.azure.edge import Edge
from drivetrain.view.api.azure.history.artifacts import RunArtifacts
from drivetrain.view.api.azure.history.links import Link, Right, read_token

router = APIRouter(tags=["artifacts"])
_VERSION = {"x-ms-version": "2021-08-06"}
_MOST_LIST = 8 * 1024 * 1024
_LONGEST_BLOCK = 100
_COPY = 1024 * 1024


def _linked(edge: Edge, sig: str, right: Right) -> tuple[Link, RunArtifacts]:
    link = read_token(edge, sig)
    if link.right is not right and right is Right.WRITE:
        raise HTTPException(403, "This link is for reading only.")
    return link, RunArtifacts(edge, {"info": {"experiment_id": link.experiment, "run_id": link.run}})


@router.get("/runfiles/{name:path}")
@router.head("/runfiles/{name:path}")
def read(edge: EdgeOf, name: str, sig: str = "") -> Response:
    """A file, or a part of it: the one that the link says, whatever the path."""
    del name
    link, files = _linked(edge, sig, Right.READ)
    path = files.there(link.name)
    return FileResponse(path, headers={**_VERSION, **_described(path)}, media_type="application/octet-stream")


@router.put("/runfiles/{name:path}")
async def write(
    edge: EdgeOf, request: Request, name: str, sig: str = "", comp: str = "", blockid: str = ""
) -> Response:
    """A file as a whole, one of its blocks, or the list of blocks that make it."""
    del name
    link, files = _linked(edge, sig, Right.WRITE)
    path, blocks = files.path(link.name), _Blocks(edge.run_files.of(link.run), link.name)
    if comp == "blocklist":
        await asyncio.to_thread(files.place, blocks.joined(_names(await whole_body(request, _MOST_LIST))), path)
        await asyncio.to_thread(blocks.forget)
        return Response(status_code=201, headers=_VERSION | await asyncio.to_thread(_described, path))
    if comp not in ("", "block"):
        raise HTTPException(400, f"'{comp}' is nothing that can be done with the file of a run.")
    kept = blocks.of(blockid if comp else "whole")
    digest = await _received(request, kept)
    if not comp:
        await asyncio.to_thread(files.place, kept, path)
    return Response(status_code=201, headers={**_VERSION, "Content-MD5": digest, "ETag": f'"{digest}"'} | _dated())


async def _received(request: Request, path: Path) -> str:
    """Write the body to a file, however large; its MD5. Raises HTTPException 400 when it is not what its sender says
    it is.
    """
    digest = hashlib.md5(usedforsecurity=False)
    with await asyncio.to_thread(_opened, path) as file:
        async for chunk in request.stream():
            digest.update(chunk)
            await asyncio.to_thread(file.write, chunk)
    found = base64.b64encode(digest.digest()).decode()
    if request.headers.get("content-md5", found) != found:
        path.unlink(missing_ok=True)
        raise HTTPException(400, "The MD5 of the body is not the one that the request says.")
    return found


def _opened(path: Path) -> BinaryIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("wb")


def _described(path: Path) -> dict[str, str]:
    stat = path.stat()
    return {"x-ms-blob-type": "BlockBlob", "ETag": f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"', **_dated(stat.st_mtime)}


def _dated(time: float | None = None) -> dict[str, str]:
    return {"Last-Modified": formatdate(time, usegmt=True)}


def _names(body: bytes) -> list[str]:
    """The blocks of a list. A list with entities of its own is refused: it needs none."""
    if b"<!" in body:
        raise HTTPException(400, "The list of blocks has a declaration in it.")
    try:
        return [each.text or "" for each in ET.fromstring(body)]  # noqa: S314 - no declarations, so no entities
    except ET.ParseError as error:
        raise HTTPException(400, f"The list of blocks is no XML: {error}") from error


class _Blocks:
    """What of a file came, before it is a file."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder / "blocks" / hashlib.sha256(name.encode()).hexdigest()

    def of(self, block: str) -> Path:
        if not 0 < len(block) <= _LONGEST_BLOCK:
            raise HTTPException(400, f"The id of a block has 1 to {_LONGEST_BLOCK} characters.")
        return self._folder / hashlib.sha256(block.encode()).hexdigest()

    def joined(self, names: list[str]) -> Path:
        """One file of these blocks. Raises HTTPException 400 when one never came."""
        path = self.of("joined")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as whole:
            for name in names:
                try:
                    with self.of(name).open("rb") as part:
                        shutil.copyfileobj(part, whole, _COPY)
                except FileNotFoundError as error:
                    raise HTTPException(400, f"The block '{name}' never came.") from error
        return path

    def forget(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
