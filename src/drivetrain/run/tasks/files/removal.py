"""Files and folders removed, as `rm -rf` does it: a link goes, what it leads to stays."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path


def remove(path: str) -> None:
    """Remove a file, a link, or a folder with everything in it. Nothing is wrong if it is not there.

    Azure's own tasks also remove the folder that a link leads to; on one's own machine that would be a disaster.
    """
    try:
        if stat.S_ISDIR(os.lstat(path).st_mode):
            shutil.rmtree(path)
        else:
            os.unlink(path)  # noqa: PTH108 - asked for often
    except FileNotFoundError:
        return


def empty(folder: str) -> None:
    """Remove everything in a folder; a file of that name goes itself."""
    if not Path(folder).is_dir():
        remove(folder)
        return
    for name in os.listdir(folder):  # noqa: PTH208 - names as they are
        remove(f"{folder}/{name}")
