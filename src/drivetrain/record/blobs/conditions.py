"""Conditional requests. Pure.

https://learn.microsoft.com/rest/api/storageservices/specifying-conditional-headers-for-blob-service-operations
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.record.blobs.model import BlobRefusedError, Refusal

if TYPE_CHECKING:
    from drivetrain.record.blobs.model import Blob

_ANY = "*"


class Conditions(Struct, frozen=True):
    """What must hold of the blob that is there; empty: anything."""

    match: str = ""
    none_match: str = ""
    modified_since: float | None = None
    unmodified_since: float | None = None

    def check_write(self, blob: Blob | None) -> None:
        """Raises BlobRefusedError when a request that changes the blob must not do so."""
        if self.none_match == _ANY and blob is not None:
            raise BlobRefusedError(Refusal.BLOB_EXISTS, "The specified blob already exists.")
        if not (self._matches(blob) and self._is_other(blob) and self._in_time(blob)):
            raise BlobRefusedError(
                Refusal.CONDITION, "The condition specified using HTTP conditional header(s) is not met."
            )

    def check_read(self, blob: Blob) -> None:
        """Raises BlobRefusedError when a request that reads the blob gets nothing: with NOT_MODIFIED, when the reader
        has it already.
        """
        if not self._matches(blob) or (self.unmodified_since is not None and blob.modified > self.unmodified_since):
            raise BlobRefusedError(
                Refusal.CONDITION, "The condition specified using HTTP conditional header(s) is not met."
            )
        if not self._is_other(blob) or not self._is_newer(blob):
            raise BlobRefusedError(Refusal.NOT_MODIFIED, "")

    def _matches(self, blob: Blob | None) -> bool:
        if not self.match:
            return True
        return blob is not None and (self.match == _ANY or blob.etag in _listed(self.match))

    def _is_other(self, blob: Blob | None) -> bool:
        if not self.none_match or blob is None:
            return True
        return self.none_match != _ANY and blob.etag not in _listed(self.none_match)

    def _is_newer(self, blob: Blob) -> bool:
        return self.modified_since is None or int(blob.modified) > self.modified_since

    def _in_time(self, blob: Blob | None) -> bool:
        if blob is None:
            return self.modified_since is None and self.unmodified_since is None
        old_enough = self.unmodified_since is None or int(blob.modified) <= self.unmodified_since
        return old_enough and self._is_newer(blob)


def _listed(value: str) -> set[str]:
    """The tags of a header, each in quotes, whether it came so or not."""
    return {f'"{tag.strip().removeprefix("W/").strip(chr(34))}"' for tag in value.split(",")}
