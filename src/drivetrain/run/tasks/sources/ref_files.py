"""The branches and tags of a repository, read out of its files: to ask git costs a process, more than all the rest of a
small checkout but its files.

Only what is entirely plain is read so; whatever else there is, git is asked.
https://git-scm.com/docs/gitrepository-layout and https://git-scm.com/docs/git-pack-refs
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from drivetrain.errors import UserError
from drivetrain.run.tasks.sources.repository import git_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ID = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_NO_NAME = re.compile(rb"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|/\.")
"""https://git-scm.com/docs/git-check-ref-format"""
_OTHER_STORE = b"refstorage"
"""https://git-scm.com/docs/git-config#Documentation/git-config.txt-extensionsrefStorage"""


class _OddError(Exception):
    """There is something that is git's to read."""


def read_refs(repository: Path, kinds: tuple[str, ...]) -> bytes | None:
    """The refs below `refs/KIND/` for each of the kinds, such as `heads`, as lines `ID NAME`; None where git has to be
    asked: for a store of another kind, a symbolic ref, a broken one.
    """
    try:
        return _read(os.fsencode(git_folder(repository)), tuple(b"refs/%s/" % os.fsencode(kind) for kind in kinds))
    except (UserError, OSError, _OddError):
        return None


def _read(folder: bytes, prefixes: tuple[bytes, ...]) -> bytes:
    if _OTHER_STORE in _content(folder + b"/config").lower():
        raise _OddError
    # Loose before packed: git packs a ref before it removes its file. The file counts where both are there.
    loose = {name: sha for prefix in prefixes for name, sha in _loose(folder, prefix)}
    refs = dict(_packed(folder, prefixes)) | loose
    return b"".join(b"%s %s\n" % (sha, name) for name, sha in refs.items())


def _content(path: bytes) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123 - a name of bytes, as git has them
        return file.read()


def _loose(folder: bytes, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
    """What the files below `prefix` say; one that goes meanwhile is packed, or deleted."""
    with os.scandir(folder + b"/" + prefix) as found:
        entries = list(found)
    for entry in entries:
        name = prefix + entry.name
        if entry.is_dir(follow_symlinks=False):
            with suppress(FileNotFoundError):
                yield from _loose(folder, name + b"/")
        elif not entry.is_file(follow_symlinks=False) or _NO_NAME.search(name):
            raise _OddError
        elif not name.endswith(b".lock"):
            with suppress(FileNotFoundError):
                yield name, _id(_content(entry.path).removesuffix(b"\n"))


def _packed(folder: bytes, prefixes: tuple[bytes, ...]) -> Iterator[tuple[bytes, bytes]]:
    try:
        lines = _content(folder + b"/packed-refs").split(b"\n")
    except FileNotFoundError:
        return
    for line in lines:
        if line and line[:1] not in b"#^":
            sha, _, name = line.partition(b" ")
            if name.startswith(prefixes):
                yield name, _id(sha)


def _id(text: bytes) -> bytes:
    if _ID.fullmatch(text) is None:
        raise _OddError
    return text
