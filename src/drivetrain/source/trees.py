"""Files of a repository: of a folder as it stands, or of a commit. A path never leaves its tree, nor does a link."""

from __future__ import annotations

import os
import posixpath
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from drivetrain.errors import NotFoundError, UnavailableError
from drivetrain.source.git import MAX_FILE_BYTES, checked_sha, git, has_commit

_BLOB = b"blob"


class Tree(Protocol):
    """Where files are read from."""

    def read(self, path: str) -> bytes:
        """A file by its path from the top, with forward slashes. Raises NotFoundError, UnavailableError."""
        ...


class FolderTree(Struct, frozen=True):
    """A folder as it stands, uncommitted files included."""

    root: Path

    def __str__(self) -> str:
        return str(self.root)

    def read(self, path: str) -> bytes:
        """What is in the file now."""
        root = os.path.realpath(self.root)
        # What `realpath` cannot follow, such as a loop of links, is no file below.
        found = Path(os.path.realpath(Path(root, inside(path, self))))
        if not found.is_relative_to(root):
            raise NotFoundError(f"{path!r} is a link that leaves {self}", hint="copy the file into the repository")
        try:
            if not found.is_file():
                raise _missing(path, self)
            if found.stat().st_size > MAX_FILE_BYTES:
                raise _too_large(path, self)
            return found.read_bytes()
        except OSError as error:
            raise UnavailableError(f"{path!r} cannot be read in {self}: {error.strerror}") from error


class CommitTree(Struct, frozen=True):
    """A commit in a local git repository."""

    repo: Path
    sha: str
    name: str = ""
    """What messages call it."""

    def __str__(self) -> str:
        return f"{self.name} at commit {self.sha[:8]}" if self.name else f"commit {self.sha[:8]}"

    def read(self, path: str) -> bytes:
        """What is in the file at the commit. Links are followed as in a checkout."""
        named = f"{checked_sha(self.sha)}:{inside(path, self)}".encode()
        answer = git(["cat-file", "--batch-check", "--follow-symlinks"], cwd=self.repo, stdin=named + b"\n")
        # `<id> blob <size>`, or why there is none: `... missing`, `dangling`, `loop`, `notdir`, `symlink` (it leaves).
        sha, _, rest = answer.partition(b"\n")[0].partition(b" ")
        kind, _, size = rest.partition(b" ")
        if kind != _BLOB:
            raise self._missing(path)
        if int(size) > MAX_FILE_BYTES:
            raise _too_large(path, self)
        return git(["cat-file", "blob", checked_sha(sha.decode("ascii"))], cwd=self.repo)

    def _missing(self, path: str) -> NotFoundError | UnavailableError:
        if has_commit(self.repo, self.sha):
            return _missing(path, self)
        return UnavailableError(f"commit {self.sha[:8]} is not in {self.repo}", hint="was the branch rewritten?")


def inside(path: str, tree: object = "the repository") -> str:
    """The path without `.`, `..`, back-slashes and a slash at the front. Raises NotFoundError when it climbs out."""
    clean = posixpath.normpath(path.replace("\\", "/").lstrip("/") or ".")
    if clean == "." or clean.split("/", 1)[0] == "..":
        raise NotFoundError(f"{path!r} leaves {tree}", hint="give a path from the top of the repository")
    if not _is_a_name(clean):
        raise NotFoundError(f"{path!r} cannot be the name of a file")
    return clean


def _is_a_name(path: str) -> bool:
    return not set(path) & set("\0\r\n") and not any("\ud800" <= letter <= "\udfff" for letter in path)


def top_of(folder: Path) -> Path:
    """The top of the git work tree that a folder is in, else the folder itself. No git is asked: this is quick."""
    here = Path(os.path.realpath(folder))
    return next((place for place in (here, *here.parents) if (place / ".git").exists()), here)


def _missing(path: str, tree: object) -> NotFoundError:
    return NotFoundError(f"there is no file {path!r} in {tree}", hint="check its name, and that it is committed")


def _too_large(path: str, tree: object) -> NotFoundError:
    return NotFoundError(f"{path!r} in {tree} has more than {MAX_FILE_BYTES} bytes", hint="is it a pipeline file?")
