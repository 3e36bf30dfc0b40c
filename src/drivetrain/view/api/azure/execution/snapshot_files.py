"""Where snapshots of projects are kept: their files as blobs of the workspace's account, and a list of them each."""

from __future__ import annotations

import io
import json
import re
import uuid
import zipfile
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from drivetrain.errors import NotFoundError, UserError
from drivetrain.record.blobs.model import BlobRefusedError
from drivetrain.registry.model import Workspace
from drivetrain.view.api.azure.edge import Edge
from drivetrain.view.api.azure.history.artifacts import artifact_parts, uploadable

CONTAINER = "snapshots"
MOST_FILES = 20_000
_LARGEST = 2 * 1024**3
_BLOB = re.compile(r"files/[0-9a-f-]{36}")


_ID = re.compile(r"[0-9a-fA-F-]{8,64}")


class Snapshots:
    """The snapshots of one workspace. Blocks."""

    def __init__(self, edge: Edge, workspace: Workspace) -> None:
        self._blobs = edge.blobs
        self._account = edge.blobs.account_of(workspace)
        with suppress(BlobRefusedError):  # it is there
            edge.blobs.blobs.make_container(self._account.name, CONTAINER)

    @staticmethod
    def known(snapshot: str) -> str:
        """The id of a snapshot as it is kept. Raises UserError when it is none."""
        if not _ID.fullmatch(snapshot):
            raise UserError(f"'{snapshot[:80]}' is no id of a snapshot")
        return snapshot.lower()

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

    def make(self, archive: bytes) -> str:
        """A snapshot of the files in an archive: its id. Raises UserError for an archive that is none, or climbs."""
        files: dict[str, str] = {}
        try:
            with zipfile.ZipFile(io.BytesIO(archive)) as opened:
                entries = [each for each in opened.infolist() if not each.is_dir()]
                if len(entries) > MOST_FILES or sum(each.file_size for each in entries) > _LARGEST:
                    raise UserError(f"a project has at most {MOST_FILES} files of {_LARGEST} bytes")
                for each in entries:
                    name = "/".join(artifact_parts(each.filename))
                    files[name] = self.add(opened.read(each))
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error) as error:
            raise UserError(f"the project is no zip archive: {error}") from error
        snapshot = str(uuid.uuid4())
        self.keep(snapshot, files)
        return snapshot

    def add(self, content: bytes) -> str:
        """Keep a file: the name of its blob."""
        blob = f"files/{uuid.uuid4()}"
        path = self._blobs.path(self._account, CONTAINER, blob)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return blob

    def forget(self, snapshot: str) -> None:
        """Forget a snapshot; its files may be those of later ones, and stay."""
        self._list(snapshot).unlink(missing_ok=True)

    def archive(self, snapshot: str, write: Callable[[Path], None]) -> str:
        """The address of its archive, which `write` makes when it is asked for the first time."""
        name = f"archives/{self.known(snapshot)}.zip"
        path = self._blobs.path(self._account, CONTAINER, name)
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            new = path.with_suffix(".new")
            write(new)
            new.replace(path)
        return self._blobs.sas(self._account, CONTAINER, name, permissions="r")

    def _list(self, snapshot: str) -> Path:
        return self._blobs.path(self._account, CONTAINER, f"lists/{self.known(snapshot)}.json")
