"""Where blobs lie: plain files below a folder per account and container, so that jobs read and write them as files.

    <root>/<account>/<container>/<path>
    <root>/<account>/.drivetrain/{properties,blocks,incoming}/   what is kept beside them

What leads out of a container, by name or by a link that a job made, is refused.
"""

from __future__ import annotations

import os
import stat as modes
from typing import TYPE_CHECKING

from drivetrain.record.blobs.model import BlobRefusedError, Refusal
from drivetrain.record.blobs.names import account_name, blob_parts, container_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Elsewhere = Callable[[str, tuple[str, ...]], tuple[Path, tuple[str, ...]] | None]

ASIDE = ".drivetrain"


def _nowhere(_container: str, _parts: tuple[str, ...]) -> None:
    return None


class Places:
    """Finds the files."""

    def __init__(self, root: Path, elsewhere: Elsewhere = _nowhere) -> None:
        """`elsewhere` gives the folder of what of a container lies in another place, such as the artifacts of a
        training run, and the parts of the name below it: by the container and the parts of the blob's name.
        """
        self.root = root
        self._elsewhere = elsewhere

    def aside(self, account: str) -> Path:
        """What is kept beside an account's containers."""
        return self.root / account_name(account) / ASIDE

    def container(self, account: str, container: str) -> Path:
        """A container's folder. Raises BlobRefusedError when there is none."""
        path = self.root / account_name(account) / container_name(container)
        if not path.is_dir():
            raise BlobRefusedError(Refusal.CONTAINER_NOT_FOUND, "The specified container does not exist.")
        return path

    def blob(self, account: str, container: str, name: str) -> Path:
        """The file of a blob, there or not. Raises BlobRefusedError."""
        root = self.container(account, container)
        parts = blob_parts(name)
        root, parts = self._elsewhere(container, parts) or (root, parts)
        path = root.joinpath(*parts)
        if not os.path.realpath(path).startswith(os.path.realpath(root) + os.sep):
            raise BlobRefusedError(Refusal.FORBIDDEN, "a link leads out of this container")
        return path

    def folder_elsewhere(self, container: str, parts: tuple[str, ...]) -> tuple[Path, str] | None:
        """The folder of what lies in another place, if this beginning of a name leads into one, and the name's part
        that stands for it.
        """
        found = self._elsewhere(container, parts)
        if found is None:
            return None
        root, rest = found
        return root, "/".join(parts[: len(parts) - len(rest)]) + "/"


def file_stat(path: Path) -> os.stat_result | None:
    """The state of a plain file; None when there is none: no such name, a folder, a socket."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found if modes.S_ISREG(found.st_mode) else None
