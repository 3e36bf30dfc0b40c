"""Which names may be: Azure's rules, and what a file system needs beyond them. Pure.

https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata
"""

from __future__ import annotations

import re

from drivetrain.record.blobs.model import BlobRefusedError, Refusal

_CONTAINER = re.compile(r"[a-z0-9](?:[a-z0-9]|-(?=[a-z0-9])){2,62}")
_ACCOUNT = re.compile(r"[a-z0-9]{3,24}")
_METADATA = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_MAX_NAME, _MAX_PART, _MAX_PARTS = 1024, 255, 254
_CONTROL = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


def account_name(name: str) -> str:
    """The name of an account. Raises BlobRefusedError."""
    if not _ACCOUNT.fullmatch(name):
        raise BlobRefusedError(Refusal.NAME, "an account's name has 3 to 24 lower case letters and digits")
    return name


def container_name(name: str) -> str:
    """The name of a container. Raises BlobRefusedError."""
    if not _CONTAINER.fullmatch(name):
        words = "a container's name has 3 to 63 lower case letters, digits and single hyphens between them"
        raise BlobRefusedError(Refusal.NAME, words)
    return name


def blob_parts(name: str) -> tuple[str, ...]:
    """The parts of a blob's name. A name that is none, climbs, or that no file system keeps, is refused by
    BlobRefusedError; so is an empty part (`a//b`), which Azure would take and a folder cannot have.
    """
    parts = tuple(name.split("/"))
    if not name or len(name) > _MAX_NAME or len(parts) > _MAX_PARTS or _CONTROL.search(name):
        words = "a blob's name has 1 to 1024 characters in at most 254 parts, and no control characters"
        raise BlobRefusedError(Refusal.NAME, words)
    if any(part in ("", ".", "..") or len(part.encode()) > _MAX_PART for part in parts):
        words = "a part of a blob's name is not empty, not '.' or '..', and has at most 255 bytes"
        raise BlobRefusedError(Refusal.NAME, words)
    return parts


def metadata_name(name: str) -> str:
    """The name of a pair of metadata: a C# identifier. Raises BlobRefusedError."""
    if not _METADATA.fullmatch(name):
        raise BlobRefusedError(Refusal.HEADER, f"metadata cannot be named {name[:100]!r}")
    return name
