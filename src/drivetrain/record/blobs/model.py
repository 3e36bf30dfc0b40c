"""What blob storage speaks of: blobs, their properties, and why a request is refused.

https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct, field

from drivetrain.errors import UserError

OCTETS = "application/octet-stream"
FOLDER_MARK = "hdi_isfolder"
"""The metadata of an empty blob that stands for a folder, as Azure's own tools write it."""


class Refusal(StrEnum):
    """Azure's names for what is wrong with a request.

    https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes
    """

    APPEND_POSITION = "AppendPositionConditionNotMet"
    BLOB_EXISTS = "BlobAlreadyExists"
    BLOB_NOT_FOUND = "BlobNotFound"
    BLOCK_LIST = "InvalidBlockList"
    CONDITION = "ConditionNotMet"
    CONTAINER_EXISTS = "ContainerAlreadyExists"
    CONTAINER_NOT_FOUND = "ContainerNotFound"
    FORBIDDEN = "AuthorizationFailure"
    HEADER = "InvalidHeaderValue"
    IS_FOLDER = "ResourceTypeMismatch"
    MAX_SIZE = "MaxBlobSizeConditionNotMet"
    MD5 = "Md5Mismatch"
    NAME = "InvalidResourceName"
    NOT_MODIFIED = "NotModified"
    PERMISSION = "AuthorizationPermissionMismatch"
    QUERY = "InvalidQueryParameterValue"
    RANGE = "InvalidRange"
    RESOURCE = "ResourceNotFound"
    SIGNATURE = "AuthenticationFailed"
    SOURCE_NOT_FOUND = "CannotVerifyCopySource"
    TOO_LARGE = "RequestBodyTooLarge"
    TYPE = "InvalidBlobType"
    UNSIGNED = "NoAuthenticationInformation"
    UNSUPPORTED = "UnsupportedHeader"
    UNSUPPORTED_VERB = "UnsupportedHttpVerb"
    XML = "InvalidXmlDocument"


class BlobRefusedError(UserError):
    """A request of blob storage that cannot be carried out."""

    def __init__(self, refusal: Refusal, message: str) -> None:
        super().__init__(message)
        self.refusal = refusal


class BlobType(StrEnum):
    """The types that are served; page blobs are not."""

    BLOCK = "BlockBlob"
    APPEND = "AppendBlob"


class Block(Struct, frozen=True):
    """A part of a block blob."""

    id: str
    """Base64, as the client named it."""
    size: int


class Properties(Struct, frozen=True, omit_defaults=True):
    """What is kept of a blob beside its bytes. A file that somebody put there has the defaults."""

    content_type: str = OCTETS
    content_encoding: str = ""
    content_language: str = ""
    content_disposition: str = ""
    cache_control: str = ""
    content_md5: str = ""
    """Base64."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    type: BlobType = BlobType.BLOCK
    blocks: tuple[Block, ...] = ()
    """Those that it was committed of, in order."""
    created: int = 0
    """Nanoseconds since 1970; 0: as the file says."""
    changed: int = 0
    """When these were last set, in the same unit."""


class Blob(Struct, frozen=True):
    """A blob as it lies there."""

    name: str
    size: int
    etag: str
    """In quotes."""
    modified: float
    """Seconds since 1970."""
    properties: Properties

    @property
    def created(self) -> float:
        """Seconds since 1970."""
        return self.properties.created / 1e9 or self.modified


class Container(Struct, frozen=True):
    """A container."""

    name: str
    etag: str
    modified: float
    metadata: Mapping[str, str] = field(default_factory=dict)


class Page(Struct, frozen=True):
    """A part of a listing, in order of names."""

    blobs: tuple[Blob, ...]
    prefixes: tuple[str, ...]
    """What stands for everything below a delimiter."""
    marker: str = ""
    """Where the next part begins; empty at the end."""
