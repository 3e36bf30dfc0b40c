"""Removes uploads to workspaces that nothing came of: a client ended before it made a version of its files, or what was
made has been deleted.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from drivetrain.record.blobs.folder import FolderBlobs
from drivetrain.record.blobs.model import BlobRefusedError
from drivetrain.record.blobs.places import Places
from drivetrain.store.uploads import UPLOAD, mentioned_uploads

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from drivetrain.clock import Clock
    from drivetrain.home import Home
    from drivetrain.store.database import Database

AGE = timedelta(days=2)
"""The signed address of an upload is good for a day: whoever has one still may make a version of what lies there."""


class Uploads:
    """The uploads of one home."""

    def __init__(self, home: Home, database: Database, clock: Clock) -> None:
        self._root = home.azure / "blobs"
        self._database = database
        self._clock = clock

    def remove_unused(self) -> list[str]:
        """Remove those that are old and that nothing names; their names. Raises UnavailableError."""
        old = list(self._old())  # before it is asked what is named: whatever is made meanwhile is not among them
        named = mentioned_uploads(self._database) if old else set()
        blobs = FolderBlobs(Places(self._root))
        removed = []
        for account, container in old:
            if container not in named:
                with suppress(BlobRefusedError):  # it is gone already
                    blobs.delete_container(account, container)
                    removed.append(container)
        return removed

    def _old(self) -> Iterator[tuple[str, str]]:
        before = (self._clock.now() - AGE).timestamp()
        for account in _folders(self._root):
            for container in _folders(account):
                if UPLOAD.fullmatch(container.name) and container.stat().st_mtime < before:
                    yield account.name, container.name


def _folders(root: Path) -> list[Path]:
    return [path for path in root.iterdir() if path.is_dir() and not path.is_symlink()] if root.is_dir() else []
