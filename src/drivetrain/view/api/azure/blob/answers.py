"""What the blob service answers with: headers of blobs, XML documents, refusals."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from starlette.responses import Response

from drivetrain.record.blobs.model import BlobType, Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.record.blobs.model import Blob, BlobRefusedError, Block, Container, Page
    from drivetrain.view.api.azure.blob.request import Asked

VERSION = "2021-12-02"
"""What we call our version of the service when a client names none."""
_STATUS = {
    Refusal.APPEND_POSITION: 412,
    Refusal.BLOB_EXISTS: 409,
    Refusal.BLOB_NOT_FOUND: 404,
    Refusal.CONDITION: 412,
    Refusal.CONTAINER_EXISTS: 409,
    Refusal.CONTAINER_NOT_FOUND: 404,
    Refusal.FORBIDDEN: 403,
    Refusal.IS_FOLDER: 409,
    Refusal.MAX_SIZE: 412,
    Refusal.NOT_MODIFIED: 304,
    Refusal.PERMISSION: 403,
    Refusal.RANGE: 416,
    Refusal.RESOURCE: 404,
    Refusal.SIGNATURE: 403,
    Refusal.SOURCE_NOT_FOUND: 404,
    Refusal.TOO_LARGE: 413,
    Refusal.TYPE: 409,
    Refusal.UNSIGNED: 401,
    Refusal.UNSUPPORTED_VERB: 405,
}


def standard(asked: Asked) -> dict[str, str]:
    """The headers of every answer."""
    found = {"x-ms-request-id": str(uuid.uuid4()), "x-ms-version": _printable(asked.header("x-ms-version")) or VERSION}
    if client := _printable(asked.header("x-ms-client-request-id")):
        found["x-ms-client-request-id"] = client
    return found


def _printable(text: str) -> str:
    return text if text.isascii() and text.isprintable() and len(text) < 1000 else ""  # noqa: PLR2004


def done(asked: Asked, status: int, headers: Mapping[str, str] | None = None) -> Response:
    """An answer without a body."""
    return Response(b"", status, {**standard(asked), "content-length": "0", **(headers or {})})


def xml(asked: Asked, body: str, headers: Mapping[str, str] | None = None) -> Response:
    """An XML document."""
    document = f'<?xml version="1.0" encoding="utf-8"?>{body}'.encode()
    return Response(document, 200, {**standard(asked), **(headers or {})}, "application/xml")


def refused(asked: Asked, error: BlobRefusedError) -> Response:
    """Azure's form of an error: its name in a header, and in a document for whoever reads one."""
    status = _STATUS.get(error.refusal, 400)
    headers = {**standard(asked), "x-ms-error-code": str(error.refusal)}
    if status == 401:  # noqa: PLR2004
        headers["www-authenticate"] = "Bearer"
    if status == 304 or asked.request.method == "HEAD":  # noqa: PLR2004
        return Response(None, status, headers)
    words = f"{error.message}\nRequestId:{headers['x-ms-request-id']}"
    body = f"<Error><Code>{error.refusal}</Code><Message>{text(words)}</Message></Error>"
    document = f'<?xml version="1.0" encoding="utf-8"?>{body}'.encode()
    return Response(document, status, headers, "application/xml")


def http_date(seconds: float) -> str:
    """A moment as headers say it."""
    return format_datetime(datetime.fromtimestamp(int(seconds), UTC), usegmt=True)


def changed_headers(blob: Blob) -> dict[str, str]:
    """What says which state of a blob an answer is about."""
    return {"etag": blob.etag, "last-modified": http_date(blob.modified), "x-ms-request-server-encrypted": "true"}


def blob_headers(blob: Blob) -> dict[str, str]:
    """A blob's properties."""
    kept = blob.properties
    said = {
        "content-type": kept.content_type,
        "content-encoding": kept.content_encoding,
        "content-language": kept.content_language,
        "content-disposition": kept.content_disposition,
        "cache-control": kept.cache_control,
        "x-ms-blob-content-md5": kept.content_md5,
    }
    found = {name: value for name, value in said.items() if value}
    if kept.type is BlobType.APPEND:
        found["x-ms-blob-committed-block-count"] = str(len(kept.blocks))
    return {
        **found,
        **changed_headers(blob),
        **{f"x-ms-meta-{name}": value for name, value in kept.metadata.items()},
        "accept-ranges": "bytes",
        "x-ms-blob-type": str(kept.type),
        "x-ms-creation-time": http_date(blob.created),
        "x-ms-lease-state": "available",
        "x-ms-lease-status": "unlocked",
        "x-ms-server-encrypted": "true",
    }


def container_headers(container: Container) -> dict[str, str]:
    """A container's properties."""
    return {
        "etag": container.etag,
        "last-modified": http_date(container.modified),
        **{f"x-ms-meta-{name}": value for name, value in container.metadata.items()},
        "x-ms-lease-state": "available",
        "x-ms-lease-status": "unlocked",
        "x-ms-has-immutability-policy": "false",
        "x-ms-has-legal-hold": "false",
    }


def blobs_document(asked: Asked, endpoint: str, page: Page, *, metadata: bool) -> str:
    """A page of a listing. https://learn.microsoft.com/rest/api/storageservices/list-blobs"""
    said = ("prefix", "marker", "maxresults", "delimiter")
    head = "".join(_element(_TITLES[name], asked.one(name)) for name in said if asked.one(name))
    entries: list[Blob | str] = sorted([*page.prefixes, *page.blobs], key=_name_of)
    body = "".join(
        f"<BlobPrefix>{_element('Name', each)}</BlobPrefix>"
        if isinstance(each, str)
        else _blob(each, metadata=metadata)
        for each in entries
    )
    attributes = f'ServiceEndpoint="{_attribute(endpoint)}" ContainerName="{_attribute(asked.container)}"'
    next_one = _element("NextMarker", page.marker)
    return f"<EnumerationResults {attributes}>{head}<Blobs>{body}</Blobs>{next_one}</EnumerationResults>"


_TITLES = {"prefix": "Prefix", "marker": "Marker", "maxresults": "MaxResults", "delimiter": "Delimiter"}


def _name_of(each: Blob | str) -> str:
    return each if isinstance(each, str) else each.name


def _blob(blob: Blob, *, metadata: bool) -> str:
    kept = blob.properties
    said = {
        "Creation-Time": http_date(blob.created),
        "Last-Modified": http_date(blob.modified),
        "Etag": blob.etag.strip('"'),
        "Content-Length": str(blob.size),
        "Content-Type": kept.content_type,
        "Content-Encoding": kept.content_encoding,
        "Content-Language": kept.content_language,
        "Content-MD5": kept.content_md5,
        "Cache-Control": kept.cache_control,
        "Content-Disposition": kept.content_disposition,
        "BlobType": str(kept.type),
        "AccessTier": "Hot",
        "LeaseStatus": "unlocked",
        "LeaseState": "available",
        "ServerEncrypted": "true",
    }
    properties = "".join(_element(name, value) for name, value in said.items())
    more = _metadata(kept.metadata) if metadata else ""
    return f"<Blob>{_element('Name', blob.name)}<Properties>{properties}</Properties>{more}</Blob>"


def _metadata(metadata: Mapping[str, str]) -> str:
    return f"<Metadata>{''.join(_element(name, value) for name, value in metadata.items())}</Metadata>"


def containers_document(endpoint: str, containers: list[Container], marker: str, *, metadata: bool) -> str:
    """The containers of an account."""
    body = "".join(_container(each, metadata=metadata) for each in containers)
    attribute = f'ServiceEndpoint="{_attribute(endpoint)}"'
    return (
        f"<EnumerationResults {attribute}><Containers>{body}</Containers>"
        f"{_element('NextMarker', marker)}</EnumerationResults>"
    )


def _container(container: Container, *, metadata: bool) -> str:
    said = {
        "Last-Modified": http_date(container.modified),
        "Etag": container.etag,
        "LeaseStatus": "unlocked",
        "LeaseState": "available",
    }
    properties = "".join(_element(name, value) for name, value in said.items())
    more = _metadata(container.metadata) if metadata else ""
    return f"<Container>{_element('Name', container.name)}<Properties>{properties}</Properties>{more}</Container>"


def blocks_document(committed: tuple[Block, ...], waiting: list[Block], which: str) -> str:
    """The blocks of a blob."""
    one = _blocks("CommittedBlocks", committed) if which in ("committed", "all") else ""
    other = _blocks("UncommittedBlocks", waiting) if which in ("uncommitted", "all") else ""
    return f"<BlockList>{one}{other}</BlockList>"


def _blocks(title: str, blocks: tuple[Block, ...] | list[Block]) -> str:
    body = "".join(f"<Block>{_element('Name', b.id)}{_element('Size', str(b.size))}</Block>" for b in blocks)
    return f"<{title}>{body}</{title}>"


def _element(name: str, value: str) -> str:
    return f"<{name}>{text(value)}</{name}>" if value else f"<{name} />"


def text(value: str) -> str:
    """A text as XML takes it."""
    return escape("".join(each for each in value if each.isprintable() or each in "\n\t"))


def _attribute(value: str) -> str:
    return escape(value, {'"': "&quot;"})
