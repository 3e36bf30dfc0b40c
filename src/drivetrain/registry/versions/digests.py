"""The digest of a folder of files: one word for all their names and all their bytes.

Only files count. Links are not followed, as whoever made the folder may have made them point anywhere.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "sha256:"
MOST_FILES = 100_000


class Content(Struct, frozen=True):
    """What a folder holds."""

    digest: str
    """`sha256:...`; empty when there is nothing."""
    size: int
    """Bytes of all files."""
    files: Mapping[str, str]
    """`sha256:...` by path, relative, with `/`."""


def content_of(place: Path) -> Content:
    """What a folder, or a single file, holds. Raises OSError when it cannot be read."""
    if place.is_symlink():
        return Content("", 0, {})
    if place.is_file():
        return _together({place.name: file_digest(place)}, place.stat().st_size)
    found: dict[str, str] = {}
    size = 0
    for folder, folders, files in os.walk(place):
        folders[:] = sorted(name for name in folders if not Path(folder, name).is_symlink())
        for name in sorted(files):
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink() and len(found) < MOST_FILES:
                found[path.relative_to(place).as_posix()] = file_digest(path)
                size += path.stat().st_size
    return _together(found, size)


def file_digest(path: Path) -> str:
    """`sha256:...` of one file. Raises OSError."""
    with path.open("rb") as file:
        return PREFIX + hashlib.file_digest(file, "sha256").hexdigest()


def _together(files: Mapping[str, str], size: int) -> Content:
    """SHA-256 over a line for each file in the order of their names: its digest, a space, its name as Python writes it
    in ASCII, which keeps line feeds in names apart from those between lines.
    """
    lines = "".join(f"{digest} {name!a}\n" for name, digest in sorted(files.items()))
    digest = PREFIX + hashlib.sha256(lines.encode()).hexdigest() if files else ""
    return Content(digest, size, dict(sorted(files.items())))


class Remembered:
    """What folders hold, read again only when names, sizes or times of their files have changed: whoever looks often
    at a model that is still trained must not read it each time. Not for whoever has to be sure.
    """

    MOST = 256

    def __init__(self) -> None:
        self._known: dict[Path, tuple[object, Content]] = {}

    def of(self, place: Path) -> Content:
        """What a folder, or a single file, holds. Raises OSError when it cannot be read."""
        stamp = _stamp(place)
        found = self._known.get(place)
        if found is not None and found[0] == stamp:
            return found[1]
        if len(self._known) >= self.MOST:
            self._known.clear()
        content = content_of(place)
        self._known[place] = (stamp, content)
        return content


def _stamp(place: Path) -> object:
    paths = [place, *sorted(place.rglob("*"))] if place.is_dir() else [place]
    found = ((str(path), path.lstat()) for path in paths[:MOST_FILES])
    return [(name, stat.st_size, stat.st_mtime_ns, stat.st_ino) for name, stat in found]
