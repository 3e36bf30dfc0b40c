"""Lists blobs in the order of their names, as Azure does, without reading folders that cannot matter.

https://learn.microsoft.com/rest/api/storageservices/list-blobs
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.record.blobs.model import BlobRefusedError, Page
from drivetrain.record.blobs.names import blob_parts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from drivetrain.record.blobs.folder import FolderBlobs
    from drivetrain.record.blobs.model import Blob

MOST = 5000
"""How many a page has at most."""


class Question(Struct, frozen=True):
    """What to list."""

    prefix: str = ""
    delimiter: str = ""
    marker: str = ""
    """The first name that may be in the page."""
    limit: int = MOST


def list_blobs(blobs: FolderBlobs, account: str, container: str, asked: Question) -> Page:
    """A page of a container's blobs. Raises BlobRefusedError when there is no such container."""
    root, base = _root(blobs, account, container, asked.prefix)
    found: list[Blob] = []
    prefixes: list[str] = []
    for name in _grouped(_walk(root, base, asked.prefix, asked.marker), asked):
        if len(found) + len(prefixes) >= min(asked.limit, MOST):
            return Page(tuple(found), tuple(prefixes), name)
        if asked.delimiter and name.endswith(asked.delimiter):
            prefixes.append(name)
        else:
            with suppress(BlobRefusedError):  # gone meanwhile, or a link that leads out
                found.append(blobs.head(account, container, name))
    return Page(tuple(found), tuple(prefixes))


def _root(blobs: FolderBlobs, account: str, container: str, prefix: str) -> tuple[Path, str]:
    """The folder to walk, and the name it has as a prefix: the container's, or that of what lies elsewhere."""
    root = blobs.places.container(account, container)
    parts = tuple(prefix.split("/"))
    with suppress(BlobRefusedError):  # a run without artifacts yet
        return blobs.places.folder_elsewhere(container, (*parts, "") if len(parts) == 2 else parts) or (root, "")  # noqa: PLR2004
    return root, ""


def _grouped(names: Iterator[str], asked: Question) -> Iterator[str]:
    """Names, those with the delimiter behind the prefix put together."""
    last = ""
    for name in names:
        head, found, _ = name[len(asked.prefix) :].partition(asked.delimiter) if asked.delimiter else (name, "", "")
        if not found:
            yield name
            continue
        group = asked.prefix + head + found
        if group != last and group >= asked.marker:
            yield group
        last = group


def _walk(folder: Path, base: str, prefix: str, marker: str) -> Iterator[str]:
    """The names of files below a folder, in their order, from the marker on. Links to folders are not followed."""
    for name, is_folder in _entries(folder, base):
        if is_folder:
            below = name.startswith(prefix) or prefix.startswith(name)
            if below and (name >= marker or marker.startswith(name)):
                yield from _walk(folder / name[len(base) : -1], name, prefix, marker)
        elif name.startswith(prefix) and name >= marker:
            yield name


def _entries(folder: Path, base: str) -> list[tuple[str, bool]]:
    """What is in a folder, with its whole name; a folder's ends with a slash, which is where it belongs in order."""
    try:
        with os.scandir(folder) as entries:
            found = [_entry(entry, base) for entry in entries]
    except OSError:
        return []
    return sorted(each for each in found if each is not None)


def _entry(entry: os.DirEntry[str], base: str) -> tuple[str, bool] | None:
    if entry.is_dir(follow_symlinks=False):
        return f"{base}{entry.name}/", True
    if not entry.is_file():
        return None
    try:
        blob_parts(entry.name)
    except BlobRefusedError:
        return None  # a name that no blob can have
    return base + entry.name, False
