"""Where the large files (git-lfs) of a checkout are kept: with the mirror, for the next job that wants them.

git-lfs finds those of a repository that lends objects by itself; only what it fetches would stay with the checkout.
https://github.com/git-lfs/git-lfs/blob/main/docs/man/git-lfs-config.adoc
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from drivetrain.run.tasks.sources.repository import Origin


@contextmanager
def kept_with_mirror(git_folder: Path, origin: Origin, mirrors: Path) -> Iterator[None]:
    """What git-lfs fetches in the block goes to the mirror that lends the objects. No other repository is written to:
    that of a folder is the user's own.
    """
    objects = git_folder / "lfs" / "objects"
    if not origin.lender.is_relative_to(mirrors) or objects.exists():
        yield
        return
    shared = origin.lender / "lfs" / "objects"
    for folder in (shared, objects.parent):
        folder.mkdir(parents=True, exist_ok=True)
    # For the time of the block only: what a script removes (`git lfs prune`) is not to be the mirror's.
    objects.symlink_to(shared)
    try:
        yield
    finally:
        objects.unlink(missing_ok=True)
