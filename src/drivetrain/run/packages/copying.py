"""Copies a task's folder, and tells by a digest of its content whether two are the same."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from drivetrain.errors import UserError
from drivetrain.run.packages.archive import MOST_BYTES, MOST_FILES

if TYPE_CHECKING:
    from collections.abc import Iterator

_LEFT_OUT = frozenset({".git", ".svn"})
_DIGEST_LETTERS = 32
_EXECUTABLE = 0o111


class Found(NamedTuple):
    """A file or link below a folder."""

    path: Path
    name: str
    """From the folder, with slashes."""
    status: os.stat_result


def files_below(folder: Path) -> Iterator[Found]:
    """Every file and link, sorted by name. Raises UserError when there are too many, or they are too large."""
    count = size = 0
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _LEFT_OUT)
        links = [name for name in folders if Path(root, name).is_symlink()]
        for name in sorted([*names, *links]):
            path = Path(root, name)
            found = Found(path, path.relative_to(folder).as_posix(), path.lstat())
            count, size = count + 1, size + found.status.st_size
            if count > MOST_FILES or size > MOST_BYTES:
                raise UserError(f"{folder} is too large for a task: more than {MOST_FILES} files or {MOST_BYTES} bytes")
            yield found


def copy_task(folder: Path, target: Path) -> str:
    """Copy everything below `folder` into the new folder `target`; its digest. Raises UserError for a link that leads
    out of the folder, and for what is no file.
    """
    digest = hashlib.sha256()
    top = folder.resolve()
    target.mkdir(parents=True)
    for found in files_below(folder):
        copy = target / found.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if found.path.is_symlink():
            kind, content = "link", _copy_link(found, copy, top)
        elif found.path.is_file():
            kind, content = _copy_file(found, copy)
        else:
            raise UserError(f"{found.path} is neither a file nor a folder: it cannot be part of a task")
        digest.update(f"{kind} {len(found.name)} {found.name} {content}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:_DIGEST_LETTERS]


def _copy_file(found: Found, copy: Path) -> tuple[str, str]:
    executable = bool(found.status.st_mode & _EXECUTABLE)
    content = hashlib.sha256()
    with found.path.open("rb") as source, copy.open("xb") as sink:
        shutil.copyfileobj(source, sink)
    with copy.open("rb") as file:  # What was copied counts, should the file have been written to meanwhile.
        while chunk := file.read(1 << 20):
            content.update(chunk)
    copy.chmod(0o755 if executable else 0o644)
    return "program" if executable else "file", content.hexdigest()


def _copy_link(found: Found, copy: Path, top: Path) -> str:
    """There are links to programs, within `node_modules`."""
    leads = str(found.path.readlink())
    if Path(leads).is_absolute() or not found.path.resolve().is_relative_to(top):
        raise UserError(
            f"{found.path} is a link that leads out of the task's folder",
            hint="install what it leads to: npm install --install-links",
        )
    copy.symlink_to(leads)
    return leads


def mark_of(folder: Path) -> str:
    """Changes when anything below the folder does: cheaper than a digest, for folders that are looked at often."""
    digest = hashlib.sha256()
    for found in files_below(folder):
        digest.update(f"{found.name} {found.status.st_size} {found.status.st_mtime_ns}\n".encode("utf-8", "replace"))
    return digest.hexdigest()[:_DIGEST_LETTERS]
