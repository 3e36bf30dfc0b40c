"""Copies folders file by file, so that a canceled job need not wait for the rest."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def copy_into(source: Path, target: Path, go_on: Callable[[], None]) -> int:
    """Copy what a folder holds into another, over what is there; how many files. Links are copied as what they lead
    to; one that leads nowhere is left out.
    """
    count = 0
    for folder, _, files in os.walk(source):
        place = target / os.path.relpath(folder, source)
        place.mkdir(parents=True, exist_ok=True)
        for name in files:
            if (file := os.path.join(folder, name)) and os.path.isfile(file):  # noqa: PTH113, PTH118 - many files
                copy_file(file, place / name)
                count += 1
            go_on()
    return count


def copy_file(source: str | Path, target: Path) -> None:
    """Copy a file under another name first, so that nobody reads half of it."""
    waiting = target.with_name(f".{target.name[:200]}.{os.getpid()}")
    try:
        shutil.copy(source, waiting)
        waiting.replace(target)
    finally:
        waiting.unlink(missing_ok=True)
