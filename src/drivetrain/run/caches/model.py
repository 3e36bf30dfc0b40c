"""What the task Cache keeps between runs.

https://learn.microsoft.com/azure/devops/pipelines/release/caching
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

CACHE_EVENT = "cache.used"
"""What a step's journal calls it."""


class CacheScope(Struct, frozen=True):
    """Where an entry belongs: nobody finds it from elsewhere.

    https://learn.microsoft.com/azure/devops/pipelines/release/caching#cache-isolation-and-security
    """

    project: str
    repository: str
    """Its address: runs of a working tree have no project of their own."""
    pipeline: str
    branch: str
    """In full: `refs/heads/main`, `refs/pull/1/merge`."""


class CacheWord(StrEnum):
    """What came of a key: `hit`, `inexact` and `miss` when it was asked for, `saved` and `there` when it was kept."""

    HIT = "hit"
    INEXACT = "inexact"
    MISS = "miss"
    SAVED = "saved"
    THERE = "there"


class CacheKey(Struct, frozen=True):
    """What is looked for: a key, or with `prefix` anything that begins with these segments."""

    segments: tuple[str, ...]
    prefix: bool = False

    def fits(self, segments: tuple[str, ...]) -> bool:
        """Whether an entry with that key is meant."""
        return (segments[: len(self.segments)] if self.prefix else segments) == self.segments

    def __str__(self) -> str:
        """As Azure shows fingerprints."""
        return "|".join((*self.segments, *["**"] * self.prefix))


class CacheEntry(Struct, frozen=True):
    """One thing that is kept. It never changes."""

    scope: CacheScope
    segments: tuple[str, ...]
    """The key in full; files in it are there as hashes."""
    size: int
    """Bytes."""
    created_at: str
