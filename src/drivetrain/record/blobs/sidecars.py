"""Keeps what a file cannot hold: content type, metadata, MD5, blocks.

A sidecar's own name says which state of the file it describes (inode, size, time of change). So a new blob's sidecar is
written before the file takes its place, and whenever the process is killed, the file that is there has its own. A file
that somebody wrote past us has none, and so the defaults.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from drivetrain.record.blobs.model import Properties

if TYPE_CHECKING:
    from pathlib import Path


class Sidecars:
    """Those of one account, below a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, container: str, name: str, stat: os.stat_result) -> Properties:
        """What is kept of the file with this state."""
        try:
            return msgspec.json.decode(self._path(container, name, stat).read_bytes(), type=Properties)
        except (OSError, msgspec.MsgspecError):
            return Properties()

    def write(self, container: str, name: str, stat: os.stat_result, properties: Properties) -> None:
        """Keep this of it."""
        path = self._path(container, name, stat)
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{os.urandom(6).hex()}")
        fresh.write_bytes(msgspec.json.encode(properties))
        fresh.replace(path)

    def forget(self, container: str, name: str, stat: os.stat_result | None) -> None:
        """The file with this state is there no more."""
        if stat is not None:
            with suppress(OSError):
                self._path(container, name, stat).unlink()

    def _path(self, container: str, name: str, stat: os.stat_result) -> Path:
        digest = hashlib.sha256(name.encode()).hexdigest()
        state = f"{stat.st_ino:x}-{stat.st_size:x}-{stat.st_mtime_ns:x}"
        return self._folder / container / digest[:2] / f"{digest[2:42]}.{state}.json"


def etag_of(stat: os.stat_result, properties: Properties) -> str:
    """Another one whenever bytes or properties have changed."""
    state = f"{stat.st_ino}.{stat.st_size}.{stat.st_mtime_ns}.{properties.changed}"
    return f'"0x{hashlib.sha256(state.encode()).hexdigest()[:15].upper()}"'
