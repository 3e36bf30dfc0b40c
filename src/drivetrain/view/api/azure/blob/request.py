"""A request of the blob service, as its parts: whose, what, with which parameters."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote

from drivetrain.record.blobs.conditions import Conditions
from drivetrain.record.blobs.model import OCTETS, BlobRefusedError, Properties, Refusal
from drivetrain.record.blobs.names import metadata_name
from drivetrain.view.api.azure.blob.signing import query_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

_META = "x-ms-meta-"
_MAX_METADATA = 8192
_KEPT = {
    "content_type": "x-ms-blob-content-type",
    "content_encoding": "x-ms-blob-content-encoding",
    "content_language": "x-ms-blob-content-language",
    "content_disposition": "x-ms-blob-content-disposition",
    "cache_control": "x-ms-blob-cache-control",
    "content_md5": "x-ms-blob-content-md5",
}


class Asked:
    """What was asked."""

    def __init__(self, request: Request, account: str, container: str = "", blob: str = "") -> None:
        self.request = request
        self.account = account
        self.container = container
        self.blob = blob
        self.query = query_of(request.scope.get("query_string", b"").decode("latin-1"))
        self.headers: Mapping[str, str] = {key.lower(): value for key, value in request.headers.items()}

    def of(self, container: str, blob: str, query: str) -> Asked:
        """The same sender asking for another blob of the account."""
        other = Asked(self.request, self.account, container, blob)
        other.query = query_of(query)
        return other

    def one(self, name: str) -> str:
        """A parameter of the query; empty when it is not there."""
        return self.query.get(name, [""])[0]

    @property
    def operation(self) -> str:
        """What tells operations of one method apart: `restype/comp`."""
        return f"{self.one('restype').lower()}/{self.one('comp').lower()}".strip("/")

    def header(self, name: str) -> str:
        """A header; empty when it is not there."""
        return self.headers.get(name, "")

    def number(self, name: str) -> int | None:
        """A header's number. Raises BlobRefusedError when it is none."""
        text = self.header(name)
        if text and not (text.isascii() and text.isdigit() and len(text) < 16):  # noqa: PLR2004
            raise BlobRefusedError(Refusal.HEADER, f"{name} is no number")
        return int(text) if text else None

    def metadata(self) -> dict[str, str]:
        """The metadata that its headers say. Raises BlobRefusedError."""
        found = {
            metadata_name(key.removeprefix(_META)): value
            for key, value in self.headers.items()
            if key.startswith(_META)
        }
        if sum(len(key) + len(value) for key, value in found.items()) > _MAX_METADATA:
            raise BlobRefusedError(Refusal.HEADER, f"metadata has at most {_MAX_METADATA} characters")
        return found

    def properties(self) -> Properties:
        """The properties that its headers say of a new blob. Raises BlobRefusedError."""
        kept = {field: self.header(name) for field, name in _KEPT.items() if self.header(name)}
        kept.setdefault("content_type", OCTETS)
        return Properties(metadata=self.metadata(), **kept)  # type: ignore[arg-type]

    def conditions(self) -> Conditions:
        """Its conditions. Raises BlobRefusedError."""
        return Conditions(
            self.header("if-match"),
            self.header("if-none-match"),
            self._time("if-modified-since"),
            self._time("if-unmodified-since"),
        )

    def _time(self, name: str) -> float | None:
        text = self.header(name)
        found = http_time(text)
        if text and found is None:
            raise BlobRefusedError(Refusal.HEADER, f"{name} is no date")
        return found.timestamp() if found else None

    @property
    def raw_path(self) -> str:
        """The path as the client wrote it, which is what it signed."""
        raw: bytes = self.request.scope.get("raw_path") or self.request.scope["path"].encode()
        return raw.split(b"?", 1)[0].decode("latin-1")


def http_time(text: str) -> datetime | None:
    """The moment that a header names (RFC 9110); None when it is none."""
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def copy_source(url: str) -> tuple[str, str, str, str]:
    """Account part, container, blob and query of the address of a blob. Raises BlobRefusedError."""
    address, _, query = url.partition("?")
    parts = address.split("://", 1)[-1].split("/", 3)
    if len(parts) < 4:  # noqa: PLR2004 - host, account, container, blob
        raise BlobRefusedError(Refusal.SOURCE_NOT_FOUND, "x-ms-copy-source is not the address of a blob here")
    return parts[1], unquote(parts[2]), unquote(parts[3]), query
