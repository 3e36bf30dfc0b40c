"""Keeps mirrors small and quick, without losing a commit that somebody may still want.

A mirror never throws anything away by itself: what a force push or a deletion takes from its branches may be running.
Once a day what runs, waiting events and yesterday's branches point at is held by refs, and git tidies up the rest, two
weeks after it came. https://git-scm.com/docs/git-gc
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.source.git import WATCHED, git, text_of
from drivetrain.source.locking import clear_unfinished, last_use, locked

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

OURS = "refs/drivetrain/"
TIDY_SECONDS = 3600.0
_POLICY = {
    "gc.auto": "2000",  # loose objects; below, and with few packs, git does nothing
    "gc.autoPackLimit": "20",
    "gc.autoDetach": "false",
    "gc.pruneExpire": "2.weeks.ago",
    "gc.cruftPacks": "true",  # where git knows them, what is left over stays in one file
    "gc.writeCommitGraph": "true",
}


def tidy(mirror: Path, wanted: Collection[str]) -> None:
    """Tidy a mirror up, if it is time to. `wanted` are the commits that must stay, in whichever mirror they are. Raises
    GitError.
    """
    with locked(mirror, used=False):
        clear_unfinished(mirror)
        _hold(mirror, wanted)
        git(["pack-refs", "--all"], cwd=mirror)
        settings = [word for key, value in _POLICY.items() for word in ("-c", f"{key}={value}")]
        git([*settings, "gc", "--auto", "--quiet"], cwd=mirror, seconds=TIDY_SECONDS)


def set_aside(mirror: Path, wanted: Collection[str], before: float) -> bool:
    """Rename a mirror to be removed, as `*.gone` beside it, that nobody has used since `before` (seconds since 1970)
    and that has none of the `wanted` commits. Whether it was renamed. Raises GitError, OSError.
    """
    if last_use(mirror) >= before:
        return False
    with locked(mirror, used=False):
        if last_use(mirror) >= before or _there(mirror, wanted):
            return False
        files = mirror.with_suffix(".svn")
        if files.is_dir():  # first: a mirror without it makes it anew
            files.rename(mirror.with_suffix(".svn.gone"))
        mirror.rename(mirror.with_suffix(".gone"))
    return True


def _hold(mirror: Path, wanted: Collection[str]) -> None:
    """Let refs of ours point at what must stay, and at nothing else."""
    has = _refs(mirror, OURS)
    tips = set(_refs(mirror, *WATCHED).values())
    keep = {f"{OURS}runs/{sha}": sha for sha in _there(mirror, wanted)}
    keep |= {f"{OURS}before/{sha}": sha for sha in tips}
    keep |= {name: sha for name, sha in has.items() if sha in wanted and name.startswith(f"{OURS}pull/")}
    lines = [f"create {name} {sha}" for name, sha in keep.items() if name not in has]
    lines += [f"delete {name}" for name in has if name not in keep]
    git(["update-ref", "--stdin"], cwd=mirror, stdin="".join(f"{line}\n" for line in lines).encode())


def _refs(mirror: Path, *prefixes: str) -> dict[str, str]:
    listed = text_of(git(["for-each-ref", "--format=%(objectname) %(refname)", *prefixes], cwd=mirror))
    return {name: sha for sha, _, name in (line.partition(" ") for line in listed.splitlines())}


def _there(mirror: Path, wanted: Collection[str]) -> list[str]:
    """Those of the commits that the mirror has."""
    asked = "".join(f"{sha}\n" for sha in sorted(wanted)).encode()
    answers = text_of(git(["cat-file", "--batch-check=%(objectname) %(objecttype)"], cwd=mirror, stdin=asked))
    return [sha for sha, _, kind in (line.partition(" ") for line in answers.splitlines()) if kind == "commit"]
