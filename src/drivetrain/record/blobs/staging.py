"""Bytes on their way: a new file beside the container, and blocks that wait to be committed."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import shutil
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from drivetrain.record.blobs.model import BlobRefusedError, Block, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

WEEK = 7 * 24 * 3600.0
_MAX_ID = 64
_CHUNK = 1 << 20


class Incoming:
    """A file that is being received. It becomes something only by being moved; else `drop` it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / os.urandom(16).hex()
        self.size = 0
        self._file = self.path.open("xb", buffering=0)
        self._md5 = hashlib.md5(usedforsecurity=False)

    def write(self, piece: bytes) -> None:
        """Take up more bytes."""
        self._file.write(piece)
        self._md5.update(piece)
        self.size += len(piece)

    def finish(self, expected_md5: str = "") -> str:
        """All has come; the MD5 in base64. Raises BlobRefusedError when it is not the expected one."""
        self._file.close()
        found = base64.b64encode(self._md5.digest()).decode()
        if expected_md5 and expected_md5 != found:
            raise BlobRefusedError(Refusal.MD5, f"the MD5 of what came is {found}, not {expected_md5}")
        return found

    def drop(self) -> None:
        """Forget it, unless it was moved."""
        self._file.close()
        with suppress(OSError):
            self.path.unlink()


class Staged:
    """The uncommitted blocks of one account's blobs: a folder per blob, a file per block."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, container: str, name: str, block_id: str, incoming: Incoming) -> None:
        """Keep a block, in place of one of the same id. Raises BlobRefusedError."""
        path = self._path(container, name) / _hex(block_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        incoming.path.replace(path)

    def blocks(self, container: str, name: str) -> Iterator[Block]:
        """Those that wait, by id."""
        with suppress(OSError):
            for path in sorted(self._path(container, name).iterdir()):
                identifier = base64.b64encode(bytes.fromhex(path.name)).decode()
                yield Block(identifier, path.stat().st_size)

    def file(self, container: str, name: str, block_id: str) -> Path | None:
        """The file of one of them."""
        path = self._path(container, name) / _hex(block_id)
        return path if path.is_file() else None

    def forget(self, container: str, name: str) -> None:
        """They were committed, or the blob was written in another way."""
        shutil.rmtree(self._path(container, name), ignore_errors=True)

    def _path(self, container: str, name: str) -> Path:
        return self._folder / f"{container}.{hashlib.sha256(name.encode()).hexdigest()[:40]}"


def _hex(block_id: str) -> str:
    try:
        raw = base64.b64decode(block_id, validate=True)
    except (ValueError, binascii.Error):
        raw = b""
    if not 0 < len(raw) <= _MAX_ID:
        raise BlobRefusedError(Refusal.QUERY, "the id of a block is base64 of 1 to 64 bytes")
    return raw.hex()


def forget_old(aside: Path) -> None:
    """Delete what nobody will ever finish: files that a process left when it was killed, and blocks that were not
    committed within a week, which Azure forgets as well.

    https://learn.microsoft.com/rest/api/storageservices/put-block#remarks
    """
    for folder in (aside / "incoming", aside / "blocks"):
        with suppress(OSError):
            for path in folder.iterdir():
                if path.stat().st_mtime < time.time() - WEEK:
                    path.unlink() if path.is_file() else shutil.rmtree(path, ignore_errors=True)


def join(pieces: Sequence[tuple[Path, int, int]], target: Incoming) -> None:
    """Write ranges of files (path, start, length) one after the other, in the kernel where it can."""
    with target.path.open("ab", buffering=0) as out:
        for path, start, length in pieces:
            with path.open("rb", buffering=0) as source:
                _copy(source.fileno(), out.fileno(), start, length)
    target.size = target.path.stat().st_size


def _copy(source: int, target: int, start: int, length: int) -> None:
    while length > 0:
        passed = _some(source, target, start, min(length, _CHUNK * 64))
        if not passed:
            raise BlobRefusedError(Refusal.BLOCK_LIST, "a block changed while it was committed; send it again")
        start += passed
        length -= passed


def _some(source: int, target: int, start: int, length: int) -> int:
    piece = os.pread(source, min(length, _CHUNK), start)
    view = memoryview(piece)
    while view:
        view = view[os.write(target, view) :]
    return len(piece)
