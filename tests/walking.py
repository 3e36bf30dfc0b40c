"""Everything below a folder while it may be changing: a runner clears its work folder after its job has completed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def everything(root: Path) -> Iterator[Path]:
    """Files and folders; one that vanishes meanwhile is left out, where `Path.rglob` would raise."""
    for folder, folders, files in os.walk(root):
        yield from (Path(folder, name) for name in (*folders, *files))


def content(path: Path) -> bytes:
    """What is in a file; nothing when it has vanished, or is none."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return b""
