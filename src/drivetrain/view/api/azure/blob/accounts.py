"""The storage accounts of workspaces: their names, keys, addresses and signed URLs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.errors import NotFoundError
from drivetrain.record.blobs.artifacts import ARTIFACTS
from drivetrain.record.blobs.model import BlobRefusedError, Refusal
from drivetrain.record.blobs.names import blob_parts
from drivetrain.view.api.azure.blob.signing import SAS_VERSION, service_signature, signed_url
from drivetrain.view.api.azure.identity.discovery import PUBLIC_STORAGE_SUFFIX, STORAGE_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from drivetrain.clock import Clock
    from drivetrain.record.blobs.artifacts import RunFolders
    from drivetrain.record.blobs.folder import FolderBlobs
    from drivetrain.registry.model import Workspace

BLOB_HOST = f".blob.{STORAGE_SUFFIX}"
PUBLIC_BLOB_HOST = f".blob.{PUBLIC_STORAGE_SUFFIX}"
SAS_MINUTES = 24 * 60
_ORDER = "racwdxltmeopi"


class Account(Struct, frozen=True):
    """A storage account: one per workspace."""

    name: str
    key: str
    """Base64, as Azure shows it."""


class BlobAccounts:
    """The accounts of one home. Any thread may call it."""

    def __init__(
        self,
        blobs: FolderBlobs,
        runs: RunFolders,
        secret: bytes,
        address: str,
        clock: Clock,
        workspaces: Callable[[], Sequence[Workspace]],
    ) -> None:
        """`secret` is the home's, from which all keys come; `address` is the edge's own."""
        self.blobs = blobs
        self.runs = runs
        self._secret = secret
        self._address = address
        self._clock = clock
        self._workspaces = workspaces
        self._known: dict[str, Workspace] = {}

    def account_of(self, workspace: Workspace) -> Account:
        """The account of a workspace."""
        digest = hashlib.sha256(workspace.id.lower().encode()).hexdigest()
        return self._account(f"drivetrain{digest[:14]}")

    def find(self, name: str) -> tuple[Account, Workspace]:
        """The account of this name, and whose it is. Raises NotFoundError."""
        if name not in self._known:
            self._known = {self.account_of(each).name: each for each in self._workspaces()}
        if name not in self._known:
            raise NotFoundError(f"there is no storage account '{name[:100]}'")
        return self._account(name), self._known[name]

    def forget(self) -> None:
        """A workspace was deleted: ask again whose an account is."""
        self._known = {}

    def _account(self, name: str) -> Account:
        key = hmac.digest(self._secret, f"storage account {name}".encode(), hashlib.sha512)
        return Account(name, base64.b64encode(key).decode())

    def host(self, account: Account) -> str:
        """What clients are to take for the account's name: with it, `https://{name}.blob.{suffix}` leads here."""
        return f"{self._address.partition('://')[2]}/{account.name}"

    def spellings(self, account: Account) -> tuple[str, ...]:
        """What clients sign as the account's name, depending on how they were told of it. azureml-dataprep takes it for
        the beginning of the host: 127.
        """
        host = self.host(account)
        named = [name + end for name in (account.name, host) for end in ("", BLOB_HOST, PUBLIC_BLOB_HOST)]
        return (*named, host.partition(".")[0])

    def url(self, account: Account, container: str = "", path: str = "") -> str:
        """The address of an account, a container or a blob."""
        return signed_url(f"{self._address}/{account.name}{BLOB_HOST}", container, path, {})

    def sas(
        self, account: Account, container: str, path: str = "", *, permissions: str = "rwl", minutes: int = SAS_MINUTES
    ) -> str:
        """A signed address of a container, or of the one blob at `path`."""
        now = self._clock.now()
        fields = {
            "sv": SAS_VERSION,
            "st": (now - timedelta(minutes=10)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "se": (now + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "sr": "b" if path else "c",
            "sp": "".join(sorted(permissions, key=_ORDER.index)),
            "spr": "https",
        }
        resource = f"{container}/{path}" if path else container
        signature = service_signature(fields, account.key, account.name, resource)
        return signed_url(f"{self._address}/{account.name}{BLOB_HOST}", container, path, {**fields, "sig": signature})

    def path(self, account: Account, container: str, relative: str = "") -> Path:
        """Where a container, or what is at a path in it, lies, for jobs that run here; it may not be there yet. Raises
        BlobRefusedError when the container is not there, or the path is none.
        """
        relative = relative.strip("/")
        if not relative:
            return self.blobs.places.container(account.name, container)
        blob_parts(relative)
        return self.blobs.places.blob(account.name, container, relative)

    def blobstore(self, workspace: Workspace) -> str:
        """The container of the datastore `workspaceblobstore`, made at first use."""
        return self._ready(workspace, f"azureml-blobstore-{workspace.id.lower()}")

    def filestore(self, workspace: Workspace) -> str:
        """The container that stands for the file share of `workspacefilestore` and `workspaceworkingdirectory`."""
        return self._ready(workspace, f"azureml-filestore-{workspace.id.lower()}")

    def artifacts(self, workspace: Workspace) -> str:
        """The container of `workspaceartifactstore`, made at first use."""
        return self._ready(workspace, ARTIFACTS)

    def new_container(self, workspace: Workspace) -> str:
        """A new container, for one pending upload."""
        return self._ready(workspace, f"upload-{uuid.uuid4()}")

    def _ready(self, workspace: Workspace, container: str) -> str:
        try:
            self.blobs.make_container(self.account_of(workspace).name, container)
        except BlobRefusedError as error:
            if error.refusal is not Refusal.CONTAINER_EXISTS:
                raise
        return container
