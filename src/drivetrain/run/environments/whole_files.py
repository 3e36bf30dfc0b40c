"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write_whole(file: Path, text: str, *, mode: int = 0o644) -> None:
    """Put `text` at `file` by renaming: a reader sees the old file or the new one, and so does a crash.

    A file that was hard-linked elsewhere is replaced, never written through.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    waiting = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        waiting.write_text(text, "utf-8")
        waiting.chmod(mode)
        waiting.replace(file)
    except OSError:
        waiting.unlink(missing_ok=True)
        raise
