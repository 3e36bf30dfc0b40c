"""Where the task Cache keeps things."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from drivetrain.run.caches.model import CacheEntry, CacheKey, CacheScope


class Caches(Protocol):
    """Entries that are written once and found by scope and key. Any number of jobs use it at a time."""

    def find(self, scopes: Sequence[CacheScope], keys: Sequence[CacheKey]) -> CacheEntry | None:
        """The entry for the first key that has one, the first scope first; of several that begin with a key, the
        newest."""
        ...

    def use(self, entry: CacheEntry, does: Callable[[Path], None]) -> bool:
        """Let `does` read the file that an entry is, which stays until it is done. False when the entry is gone."""
        ...

    def has(self, scope: CacheScope, segments: Sequence[str]) -> bool:
        """Whether there is an entry."""
        ...

    def save(self, scope: CacheScope, segments: Sequence[str], write: Callable[[Path], None]) -> bool:
        """Keep the file that `write` writes, as a whole or not at all; False when there is an entry already."""
        ...
