"""One process at a time in a mirror; what a killed one has left there does not hold up the next."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LOCKS = ("*.lock", "refs/**/*.lock", "objects/info/*.lock", "objects/info/commit-graphs/*.lock")
"""Where git makes its own locks in a bare repository; it never takes one away that it did not make."""
_UNFINISHED = ("objects/pack/tmp_*", "objects/tmp_*", "objects/??/tmp_obj_*", "objects/pack/.tmp-*")
"""What git writes before it gives it its name. https://git-scm.com/docs/gitrepository-layout"""
_OLD_SECONDS = 24 * 3600.0


_mine = threading.local()


def held() -> tuple[int, ...]:
    """The locks of this thread, to be handed down to git: it may outlive us, and then its own locks are not stale."""
    return tuple(getattr(_mine, "locks", ()))


@contextmanager
def locked(mirror: Path, *, used: bool = True) -> Iterator[None]:
    """Hold the lock of a mirror, beside it. Everything that writes into a mirror holds it, so git's own locks that are
    there now belong to nobody who lives. Whoever only tidies up has not `used` it.
    """
    mirror.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with mirror.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if used:
            note_use(mirror)
        before = held()
        _mine.locks = (*before, lock.fileno())
        try:
            clear_stale_locks(mirror)
            yield
        finally:
            _mine.locks = before
            fcntl.flock(lock, fcntl.LOCK_UN)  # for those too that git has left running and handed it down to


def note_use(mirror: Path) -> None:
    """Somebody has read a mirror, or has brought it up to date: its lock is as old as that."""
    with suppress(OSError):
        os.utime(mirror.with_suffix(".lock"))


def last_use(mirror: Path) -> float:
    """When a mirror was used last, in seconds since 1970; just now, where nothing says so."""
    with suppress(OSError):
        return mirror.with_suffix(".lock").stat().st_mtime
    return time.time()


def clear_stale_locks(mirror: Path) -> None:
    """Take git's own locks away. The lock of the mirror must be held."""
    for pattern in _LOCKS:
        for left in mirror.glob(pattern):
            with suppress(OSError):
                left.unlink()


def clear_unfinished(mirror: Path) -> None:
    """Take away half-written packs of a day ago and before. The lock of the mirror must be held."""
    before = time.time() - _OLD_SECONDS
    for pattern in _UNFINISHED:
        for left in mirror.glob(pattern):
            with suppress(OSError):
                if left.is_file() and left.stat().st_mtime < before:
                    left.unlink()
