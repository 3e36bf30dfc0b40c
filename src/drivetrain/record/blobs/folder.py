"""Blob storage in a folder: every verb of it. Any thread may call them; a blob is there as a whole or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.record.blobs.conditions import Conditions
from drivetrain.record.blobs.model import (
    FOLDER_MARK,
    Blob,
    BlobRefusedError,
    BlobType,
    Block,
    Container,
    Properties,
    Refusal,
)
from drivetrain.record.blobs.names import account_name, container_name
from drivetrain.record.blobs.places import ASIDE, Places, file_stat
from drivetrain.record.blobs.sidecars import Sidecars, etag_of
from drivetrain.record.blobs.staging import Incoming, Staged, forget_old, join

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    Sources = Sequence[tuple[str, str]]

_LOCKS = 64
_MAX_BLOCKS = 50_000
ANY = Conditions()
_CONTAINER_KEY = "."
"""The name under which a container's own properties lie; no blob is called so."""


class FolderBlobs:
    """The accounts below one folder."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self._locks = tuple(threading.Lock() for _ in range(_LOCKS))
        self._tidied: set[str] = set()

    # Containers

    def containers(self, account: str) -> Sequence[Container]:
        """Those of an account, by name."""
        with suppress(OSError):
            names = sorted(
                entry.name for entry in os.scandir(self.places.root / account_name(account)) if entry.is_dir()
            )
            return [self.container(account, name) for name in names if name != ASIDE]
        return []

    def container(self, account: str, name: str) -> Container:
        """One of them. Raises BlobRefusedError."""
        stat = self.places.container(account, name).stat()
        known = self._container_file(account, name)
        kept = self._sidecars(account).read(name, _CONTAINER_KEY, known.stat()) if known.exists() else Properties()
        modified = kept.changed / 1e9 or stat.st_mtime
        return Container(name, etag_of(stat if not kept.changed else known.stat(), kept), modified, kept.metadata)

    def make_container(self, account: str, name: str, metadata: dict[str, str] | None = None) -> Container:
        """Make one. Raises BlobRefusedError when it is there."""
        path = self.places.root / account_name(account) / container_name(name)
        try:
            path.mkdir(parents=True, mode=0o755)
        except FileExistsError:
            raise BlobRefusedError(Refusal.CONTAINER_EXISTS, "The specified container already exists.") from None
        return self.set_container_metadata(account, name, metadata or {})

    def set_container_metadata(self, account: str, name: str, metadata: dict[str, str]) -> Container:
        """Replace its metadata. Raises BlobRefusedError."""
        self.places.container(account, name)
        file = self._container_file(account, name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        kept = Properties(metadata=metadata, changed=time.time_ns())
        self._sidecars(account).write(name, _CONTAINER_KEY, file.stat(), kept)
        return self.container(account, name)

    def delete_container(self, account: str, name: str) -> None:
        """Delete it and all its blobs. Raises BlobRefusedError."""
        path = self.places.container(account, name)
        aside = self.places.aside(account)
        aside.mkdir(parents=True, exist_ok=True)
        gone = aside / f"deleted.{os.urandom(8).hex()}"
        path.replace(gone)
        shutil.rmtree(gone, ignore_errors=True)
        shutil.rmtree(aside / "properties" / name, ignore_errors=True)

    # Reading

    def head(self, account: str, container: str, name: str) -> Blob:
        """A blob's properties. Raises BlobRefusedError."""
        return self._known(account, container, name, file_stat(self.places.blob(account, container, name)))

    def open(self, account: str, container: str, name: str) -> tuple[Blob, int]:
        """A blob, and a descriptor of its bytes, which stay the same whatever is written meanwhile. Raises
        BlobRefusedError.
        """
        path = self.places.blob(account, container, name)
        if file_stat(path) is None:
            raise _missing()
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        except OSError:
            raise _missing() from None
        return self._known(account, container, name, os.fstat(descriptor)), descriptor

    def _known(self, account: str, container: str, name: str, stat: os.stat_result | None) -> Blob:
        if stat is None:
            raise _missing()
        properties = self._sidecars(account).read(container, name, stat)
        modified = max(stat.st_mtime, properties.changed / 1e9)
        return Blob(name, stat.st_size, etag_of(stat, properties), modified, properties)

    def seen(self, account: str, container: str, name: str) -> Blob | None:
        """A blob's properties; None when it is not there. Raises BlobRefusedError."""
        try:
            return self.head(account, container, name)
        except BlobRefusedError as error:
            if error.refusal is Refusal.BLOB_NOT_FOUND:
                return None
            raise

    # Writing

    def receive(self, account: str) -> Incoming:
        """A file for bytes that come."""
        aside = self.places.aside(account)
        if account not in self._tidied:
            self._tidied.add(account)
            forget_old(aside)
        return Incoming(aside / "incoming")

    def put(
        self, account: str, container: str, name: str, incoming: Incoming, properties: Properties,
        conditions: Conditions = ANY,
    ) -> Blob:  # fmt: skip
        """Make what was received a blob, in place of what is there. Raises BlobRefusedError."""
        with self._alone(account, container, name):
            conditions.check_write(self.seen(account, container, name))
            blob = self._place(account, container, name, incoming, properties)
            self._staged(account).forget(container, name)
        return blob

    def _place(self, account: str, container: str, name: str, incoming: Incoming, properties: Properties) -> Blob:
        """Put a file in its place, its sidecar first."""
        path = self.places.blob(account, container, name)
        old = file_stat(path)
        if path.is_dir():
            return self._folder(name, incoming, properties)
        self._make_parents(path)
        now = time.time_ns()
        created = self._sidecars(account).read(container, name, old).created if old else 0
        kept = replace(properties, created=created or now, changed=now)
        stat = incoming.path.stat()
        self._sidecars(account).write(container, name, stat, kept)
        incoming.path.replace(path)
        if old is not None and (old.st_ino, old.st_mtime_ns, old.st_size) != (
            stat.st_ino,
            stat.st_mtime_ns,
            stat.st_size,
        ):
            self._sidecars(account).forget(container, name, old)
        return self._known(account, container, name, stat)

    def _folder(self, name: str, incoming: Incoming, properties: Properties) -> Blob:
        """A mark for a folder that is there says nothing new; anything else cannot be where a folder is."""
        if incoming.size or not properties.metadata.get(FOLDER_MARK):
            words = f"there are blobs below '{name}/': on this machine a name cannot be both a file and a folder"
            raise BlobRefusedError(Refusal.IS_FOLDER, words)
        stat = incoming.path.stat()
        return Blob(name, 0, etag_of(stat, properties), stat.st_mtime, properties)

    def _make_parents(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            self._unmark(path.parent)
            path.parent.mkdir(parents=True, exist_ok=True)

    def _unmark(self, folder: Path) -> None:
        """Azure's tools mark a folder by an empty blob of its name: give way to the folder. Raises BlobRefusedError
        when it is a blob with content.
        """
        for path in (folder, *folder.parents):
            stat = file_stat(path)
            if stat is None:
                continue
            if stat.st_size:
                words = f"'{path.name}' is a blob: on this machine a name cannot be both a file and a folder"
                raise BlobRefusedError(Refusal.IS_FOLDER, words)
            path.unlink()
            return

    def set_properties(
        self, account: str, container: str, name: str, change: Callable[[Properties], Properties],
        conditions: Conditions = ANY,
    ) -> Blob:  # fmt: skip
        """Change what is kept beside the bytes. Raises BlobRefusedError."""
        with self._alone(account, container, name):
            path = self.places.blob(account, container, name)
            if path.is_dir():
                return self._folder_properties(name, path.stat(), change(Properties()))
            blob = self.head(account, container, name)
            conditions.check_write(blob)
            stat = path.stat()
            kept = replace(change(blob.properties), changed=time.time_ns())
            self._sidecars(account).write(container, name, stat, kept)
            return self._known(account, container, name, stat)

    def _folder_properties(self, name: str, stat: os.stat_result, properties: Properties) -> Blob:
        if not properties.metadata.get(FOLDER_MARK):
            raise _missing()
        return Blob(name, 0, etag_of(stat, properties), stat.st_mtime, properties)

    def delete(self, account: str, container: str, name: str, conditions: Conditions = ANY) -> None:
        """Delete a blob, and folders above it that are empty now. Raises BlobRefusedError."""
        with self._alone(account, container, name):
            path = self.places.blob(account, container, name)
            stat = file_stat(path)
            conditions.check_write(self._known(account, container, name, stat))
            path.unlink(missing_ok=True)
            self._sidecars(account).forget(container, name, stat)
            self._staged(account).forget(container, name)
            root = self.places.container(account, container)
            for folder in path.parents:
                if folder == root or not folder.is_relative_to(root):
                    break
                try:
                    folder.rmdir()
                except OSError:
                    break

    def copy(
        self, account: str, source: tuple[str, str], container: str, name: str,
        metadata: dict[str, str] | None = None, conditions: Conditions = ANY,
    ) -> Blob:  # fmt: skip
        """Make a blob like another of the account. Raises BlobRefusedError."""
        path = self.places.blob(account, *source)
        blob = self.head(account, *source)
        incoming = self.receive(account)
        try:
            join([(path, 0, blob.size)], incoming)
            properties = blob.properties if metadata is None else replace(blob.properties, metadata=metadata)
            return self.put(account, container, name, incoming, replace(properties, created=0), conditions)
        finally:
            incoming.drop()

    # Blocks

    def stage(self, account: str, container: str, name: str, block_id: str, incoming: Incoming) -> None:
        """Keep a block until it is committed. Raises BlobRefusedError."""
        self.places.blob(account, container, name)
        self._staged(account).put(container, name, block_id, incoming)

    def block_list(self, account: str, container: str, name: str) -> tuple[Blob | None, list[Block]]:
        """The blob with its committed blocks, if it is there, and the blocks that wait. Raises BlobRefusedError."""
        blob = self.seen(account, container, name)
        waiting = list(self._staged(account).blocks(container, name))
        if blob is None and not waiting:
            raise _missing()
        return blob, waiting

    def commit(
        self, account: str, container: str, name: str, blocks: Sources, properties: Properties,
        conditions: Conditions = ANY,
    ) -> Blob:  # fmt: skip
        """Make a blob of blocks, each named by where it is (`Committed`, `Uncommitted`, `Latest`) and its id. Raises
        BlobRefusedError.
        """
        if len(blocks) > _MAX_BLOCKS:
            raise BlobRefusedError(Refusal.BLOCK_LIST, f"a blob has at most {_MAX_BLOCKS} blocks")
        incoming = self.receive(account)
        try:
            with self._alone(account, container, name):
                blob = self.seen(account, container, name)
                conditions.check_write(blob)
                pieces, named = self._pieces(account, container, name, blob, blocks)
                join(pieces, incoming)
                made = self._place(account, container, name, incoming, replace(properties, blocks=named))
                self._staged(account).forget(container, name)
            return made
        finally:
            incoming.drop()

    def _pieces(
        self, account: str, container: str, name: str, blob: Blob | None, blocks: Sources
    ) -> tuple[list[tuple[Path, int, int]], tuple[Block, ...]]:
        committed: dict[str, tuple[Path, int, int]] = {}
        start = 0
        path = self.places.blob(account, container, name)
        for block in blob.properties.blocks if blob else ():
            committed[block.id] = (path, start, block.size)
            start += block.size
        staged = self._staged(account)
        pieces = []
        for where, block_id in blocks:
            file = staged.file(container, name, block_id) if where != "Committed" else None
            piece = (file, 0, file.stat().st_size) if file else committed.get(block_id)
            if piece is None or (where == "Uncommitted" and file is None):
                raise BlobRefusedError(Refusal.BLOCK_LIST, "The specified block list is invalid.")
            pieces.append(piece)
        named = zip(blocks, pieces, strict=True)
        return pieces, tuple(Block(block_id, piece[2]) for (_, block_id), piece in named)

    def append(
        self, account: str, container: str, name: str, incoming: Incoming, *, position: int | None = None,
        max_size: int | None = None, conditions: Conditions = ANY,
    ) -> tuple[Blob, int]:  # fmt: skip
        """Add to an append blob; it, and where the addition begins. Raises BlobRefusedError."""
        with self._alone(account, container, name):
            path = self.places.blob(account, container, name)
            blob = self.head(account, container, name)
            conditions.check_write(blob)
            if blob.properties.type is not BlobType.APPEND:
                raise BlobRefusedError(Refusal.TYPE, "The blob type is invalid for this operation.")
            if position is not None and position != blob.size:
                raise BlobRefusedError(Refusal.APPEND_POSITION, f"the blob has {blob.size} bytes")
            if max_size is not None and blob.size + incoming.size > max_size:
                raise BlobRefusedError(Refusal.MAX_SIZE, f"the blob would have more than {max_size} bytes")
            whole = self.receive(account)
            try:
                join([(path, 0, blob.size), (incoming.path, 0, incoming.size)], whole)
                kept = replace(
                    blob.properties, content_md5="", blocks=(*blob.properties.blocks, Block("", incoming.size))
                )
                return self._place(account, container, name, whole, kept), blob.size
            finally:
                whole.drop()

    # What is kept beside

    def _sidecars(self, account: str) -> Sidecars:
        return Sidecars(self.places.aside(account) / "properties")

    def _staged(self, account: str) -> Staged:
        return Staged(self.places.aside(account) / "blocks")

    def _container_file(self, account: str, name: str) -> Path:
        return self.places.aside(account) / "properties" / name / "container"

    @contextmanager
    def _alone(self, account: str, container: str, name: str) -> Iterator[None]:
        """One writer of a blob at a time."""
        digest = hashlib.sha256(f"{account}/{container}/{name}".encode("utf-8", "surrogatepass")).digest()
        with self._locks[digest[0] % _LOCKS]:
            yield


def _missing() -> BlobRefusedError:
    return BlobRefusedError(Refusal.BLOB_NOT_FOUND, "The specified blob does not exist.")
