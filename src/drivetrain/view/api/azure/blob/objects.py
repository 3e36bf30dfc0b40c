"""Operations on blobs. https://learn.microsoft.com/rest/api/storageservices/operations-on-blobs"""

from __future__ import annotations

import os
import re
from functools import partial
from typing import TYPE_CHECKING, TypeVar
from xml.etree import ElementTree as ET

from anyio import to_thread
from msgspec.structs import replace

from drivetrain.record.blobs.conditions import Conditions
from drivetrain.record.blobs.model import BlobRefusedError, BlobType, Refusal
from drivetrain.view.api.azure.blob import answers
from drivetrain.view.api.azure.blob.accounts import BLOB_HOST, PUBLIC_BLOB_HOST
from drivetrain.view.api.azure.blob.request import copy_source
from drivetrain.view.api.azure.blob.streams import FileStream, read_small, span, take

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response

    from drivetrain.record.blobs.model import Blob, Properties
    from drivetrain.record.blobs.staging import Incoming
    from drivetrain.view.api.azure.blob.call import Call

T = TypeVar("T")
_MEBI = 1 << 20
MOST_PUT = 5000 * _MEBI
MOST_BLOCK = 4000 * _MEBI
MOST_APPEND = 100 * _MEBI
_MOST_LIST = 16 * _MEBI
_MD5 = re.compile(r"[A-Za-z0-9+/]{22}==")
_OVERRIDDEN = {
    "rscc": "cache-control",
    "rscd": "content-disposition",
    "rsce": "content-encoding",
    "rscl": "content-language",
    "rsct": "content-type",
}


async def head(call: Call) -> Response:
    """A blob's properties."""
    call.grant.need("r", "o")
    blob = await to_thread.run_sync(call.blobs.head, *call.place)
    call.asked.conditions().check_read(blob)
    said = {"content-length": str(blob.size), **_md5(blob)}
    return answers.done(call.asked, 200, {**answers.blob_headers(blob), **said, **_overridden(call)})


async def get(call: Call) -> Response:
    """Its bytes, or a part of them."""
    call.grant.need("r", "o")
    blob, descriptor = await to_thread.run_sync(call.blobs.open, *call.place)
    try:
        call.asked.conditions().check_read(blob)
        part = span(call.asked.header("x-ms-range") or call.asked.header("range"), blob.size)
        headers = {**answers.standard(call.asked), **answers.blob_headers(blob), **_overridden(call)}
        start, length = part or (0, blob.size)
        if part is None:
            headers |= _md5(blob)
        else:
            headers["content-range"] = f"bytes {start}-{start + length - 1}/{blob.size}"
    except BaseException:
        os.close(descriptor)
        raise
    return FileStream(descriptor, start, length, 206 if part else 200, headers)


def _md5(blob: Blob) -> dict[str, str]:
    return {"content-md5": blob.properties.content_md5} if blob.properties.content_md5 else {}


def _overridden(call: Call) -> dict[str, str]:
    """Headers that a signed address asks for."""
    if "sig" not in call.asked.query:
        return {}
    asked = {header: call.asked.one(name) for name, header in _OVERRIDDEN.items()}
    return {header: value for header, value in asked.items() if value and value.isascii() and value.isprintable()}


async def put(call: Call) -> Response:
    """A new blob: what is sent, an empty append blob, or a copy."""
    call.grant.need("cw", "o")
    if call.asked.header("x-ms-copy-source"):
        return await _copy(call)
    kind = call.asked.header("x-ms-blob-type")
    if kind not in (BlobType.BLOCK, BlobType.APPEND):
        words = f"x-ms-blob-type is {kind[:50]!r}; BlockBlob and AppendBlob are served here, page blobs are not"
        raise BlobRefusedError(Refusal.HEADER, words)
    properties = replace(call.asked.properties(), type=BlobType(kind))
    limit = MOST_PUT if kind == BlobType.BLOCK else 0

    def place(incoming: Incoming, md5: str) -> Blob:
        kept = replace(properties, content_md5=properties.content_md5 or md5)
        return call.blobs.put(*call.place, incoming, kept, _writing(call))

    blob, md5 = await _receive(call, limit, place)
    return answers.done(call.asked, 201, {**answers.changed_headers(blob), "content-md5": md5})


async def _receive(call: Call, limit: int, place: Callable[[Incoming, str], T]) -> tuple[T, str]:
    """Receive the body, check it, and have it placed."""
    incoming = await to_thread.run_sync(call.blobs.receive, call.account.name)
    try:
        await take(call.asked.request, incoming, limit)
        md5 = await to_thread.run_sync(incoming.finish, _expected(call))
        return await to_thread.run_sync(place, incoming, md5), md5
    finally:
        incoming.drop()


def _expected(call: Call) -> str:
    text = call.asked.header("content-md5")
    if text and not _MD5.fullmatch(text):
        raise BlobRefusedError(Refusal.HEADER, "Content-MD5 is not the base64 of an MD5")
    return text


def _writing(call: Call) -> Conditions:
    """The conditions of a request that makes a blob; who may only create them overwrites none."""
    asked = call.asked.conditions()
    return replace(asked, none_match="*") if call.grant.creates_only else asked


async def _copy(call: Call) -> Response:
    """https://learn.microsoft.com/rest/api/storageservices/copy-blob: done at once, within the account."""
    host, container, name, query = copy_source(call.asked.header("x-ms-copy-source"))
    if host not in (call.account.name + BLOB_HOST, call.account.name + PUBLIC_BLOB_HOST):
        raise BlobRefusedError(Refusal.SOURCE_NOT_FOUND, "only blobs of the same account are copied here")
    call.may_read(container, name, query)
    await call.reach(container, name)
    metadata = call.asked.metadata() or None
    make = partial(call.blobs.copy, call.account.name, (container, name), metadata=metadata, conditions=_writing(call))
    try:
        blob = await to_thread.run_sync(make, *call.place[1:])
    except BlobRefusedError as error:
        if error.refusal is not Refusal.BLOB_NOT_FOUND:
            raise
        raise BlobRefusedError(Refusal.SOURCE_NOT_FOUND, "The specified blob does not exist.") from error
    said = {"x-ms-copy-id": blob.etag.strip('"'), "x-ms-copy-status": "success"}
    return answers.done(call.asked, 202, {**answers.changed_headers(blob), **said})


async def put_block(call: Call) -> Response:
    """A part of a blob to come."""
    call.grant.need("cw", "o")
    if call.asked.header("x-ms-copy-source"):
        raise BlobRefusedError(Refusal.UNSUPPORTED, "a block is sent here, not taken from an address")
    block_id = call.asked.one("blockid")

    def place(incoming: Incoming, _md5: str) -> None:
        call.blobs.stage(*call.place, block_id, incoming)

    _, md5 = await _receive(call, MOST_BLOCK, place)
    return answers.done(call.asked, 201, {"content-md5": md5, "x-ms-request-server-encrypted": "true"})


async def put_block_list(call: Call) -> Response:
    """Make a blob of blocks."""
    call.grant.need("cw", "o")
    blocks = _named_blocks(await read_small(call.asked.request, _MOST_LIST))
    kept = call.asked.properties()
    commit = partial(call.blobs.commit, *call.place)
    blob = await to_thread.run_sync(commit, blocks, kept, _writing(call))
    return answers.done(call.asked, 201, answers.changed_headers(blob))


def _named_blocks(body: bytes) -> list[tuple[str, str]]:
    try:
        if b"<!" in body:  # a document type: nobody needs one, and it can name what is not its own
            body = b""
        root = ET.fromstring(body)  # noqa: S314 - entities cannot be declared without a document type
    except (ET.ParseError, ValueError, LookupError) as error:
        raise BlobRefusedError(Refusal.XML, "XML specified is not syntactically valid.") from error
    found = [(each.tag, (each.text or "").strip()) for each in root]
    if root.tag != "BlockList" or any(tag not in ("Committed", "Uncommitted", "Latest") for tag, _ in found):
        raise BlobRefusedError(Refusal.XML, "the document is no BlockList")
    return found


async def get_block_list(call: Call) -> Response:
    """The blocks that it was made of, and those that wait."""
    call.grant.need("r", "o")
    blob, waiting = await to_thread.run_sync(call.blobs.block_list, *call.place)
    committed = blob.properties.blocks if blob else ()
    which = call.asked.one("blocklisttype").lower() or "committed"
    if which not in ("committed", "uncommitted", "all"):
        raise BlobRefusedError(Refusal.QUERY, "blocklisttype is committed, uncommitted or all")
    document = answers.blocks_document(committed, waiting, which)
    said = {**answers.changed_headers(blob), "x-ms-blob-content-length": str(blob.size)} if blob else {}
    return answers.xml(call.asked, document, said)


async def append_block(call: Call) -> Response:
    """Add to an append blob."""
    call.grant.need("aw", "o")
    position, most = (
        call.asked.number("x-ms-blob-condition-appendpos"),
        call.asked.number("x-ms-blob-condition-maxsize"),
    )
    conditions = call.asked.conditions()

    def place(incoming: Incoming, _md5: str) -> tuple[Blob, int]:
        add = partial(call.blobs.append, position=position, max_size=most, conditions=conditions)
        return add(*call.place, incoming)

    (blob, offset), md5 = await _receive(call, MOST_APPEND, place)
    count = {
        "x-ms-blob-append-offset": str(offset),
        "x-ms-blob-committed-block-count": str(len(blob.properties.blocks)),
    }
    return answers.done(call.asked, 201, {**answers.changed_headers(blob), **count, "content-md5": md5})


async def set_metadata(call: Call) -> Response:
    """Other metadata."""
    call.grant.need("w", "o")
    metadata = call.asked.metadata()
    return await _change(call, lambda kept: replace(kept, metadata=metadata))


async def set_properties(call: Call) -> Response:
    """Other headers: all of them, so that those that are not named are gone."""
    call.grant.need("w", "o")
    new = call.asked.properties()
    return await _change(
        call,
        lambda kept: replace(new, metadata=kept.metadata, type=kept.type, blocks=kept.blocks, created=kept.created),
    )


async def _change(call: Call, change: Callable[[Properties], Properties]) -> Response:
    blob = await to_thread.run_sync(call.blobs.set_properties, *call.place, change, call.asked.conditions())
    return answers.done(call.asked, 200, answers.changed_headers(blob))


async def get_metadata(call: Call) -> Response:
    """Its metadata."""
    call.grant.need("r", "o")
    blob = await to_thread.run_sync(call.blobs.head, *call.place)
    call.asked.conditions().check_read(blob)
    said = {f"x-ms-meta-{name}": value for name, value in blob.properties.metadata.items()}
    return answers.done(call.asked, 200, {**answers.changed_headers(blob), **said})


async def delete(call: Call) -> Response:
    """Delete it."""
    call.grant.need("d", "o")
    await to_thread.run_sync(call.blobs.delete, *call.place, call.asked.conditions())
    return answers.done(call.asked, 202, {"x-ms-delete-type-permanent": "true"})
