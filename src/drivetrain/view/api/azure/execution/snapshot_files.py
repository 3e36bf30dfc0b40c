"""Where snapshots of projects are kept: their files as blobs of the workspace's account, and a list of them each."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from drivetrain.errors import NotFoundError, UserError
from drivetrain.record.blobs.model import BlobRefusedError
from drivetrain.registry.model import Workspace
from drivetrain.view.api.azure.edge import Edge
from drivetrain.view.api.azure.history.artifacts import uploadable

CONTAINER = "snapshots"
_BLOB = re.compile(r"files/[0-9a-f-]{36}")


class Snapshots:
    """The snapshots of one workspace. Blocks."""

    def __init__(self, edge: Edge, workspace: Workspace) -> None:
        self._blobs = edge.blobs
        self._account = edge.blobs.account_of(workspace)
        with suppress(BlobRefusedError):  # it is there
            edge.blobs.blobs.make_container(self._account.name, CONTAINER)

    def announce(self) -> str:
        """An address to upload one file to."""
        return uploadable(self._blobs.sas(self._account, CONTAINER, f"files/{uuid.uuid4()}", permissions="rcw"))

    def announced(self, address: str) -> str:
        """The blob that such an address means. Raises UserError."""
        _, _, found = urlsplit(address).path.partition(f"/{CONTAINER}/")
        if not _BLOB.fullmatch(found):
            raise UserError(f"'{address[:200]}' is no address for a file of a snapshot")
        return found

    def path(self, blob: str) -> Path:
        """The file of a blob. Raises NotFoundError when it was never uploaded."""
        path = self._blobs.path(self._account, CONTAINER, blob)
        if not path.is_file():
            raise NotFoundError("a file of the snapshot was never uploaded")
        return path

    def keep(self, snapshot: str, files: Mapping[str, str]) -> None:
        """Keep a snapshot: its files by name, each a blob. Raises NotFoundError when one is missing."""
        for blob in files.values():
            self.path(blob)
        path = self._list(snapshot)
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        new.write_text(json.dumps(files), "utf-8")
        new.replace(path)

    def get(self, snapshot: str) -> Mapping[str, str]:
        """The files of a snapshot. Raises NotFoundError."""
        try:
            found: Mapping[str, str] = json.loads(self._list(snapshot).read_text("utf-8"))
        except FileNotFoundError as error:
            raise NotFoundError(f"there is no snapshot {snapshot}") from error
        return found

    def forget(self, snapshot: str) -> None:
        """Forget a snapshot; its files may be those of later ones, and stay."""
        self._list(snapshot).unlink(missing_ok=True)

    def archive(self, snapshot: str, write: Callable[[Path], None]) -> str:
        """The address of its archive, which `write` makes when it is asked for the first time."""
        name = f"archives/{snapshot}.zip"
        path = self._blobs.path(self._account, CONTAINER, name)
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            new = path.with_suffix(".new")
            write(new)
            new.replace(path)
        return self._blobs.sas(self._account, CONTAINER, name, permissions="r")

    def _list(self, snapshot: str) -> Path:
        return self._blobs.path(self._account, CONTAINER, f"lists/{snapshot}.json")
