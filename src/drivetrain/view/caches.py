"""What the steps of a run found in the cache, and what they left in it: told by the run's events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from drivetrain.run.caches.model import CACHE_EVENT, CacheWord
from drivetrain.run.model import JobRef

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from drivetrain.run.events import RunEvent


class CacheUse(Struct, frozen=True):
    """One key, asked for or kept."""

    job: JobRef
    attempt: int
    step: int
    key: str
    word: CacheWord
    size: int
    """Bytes; 0 where there was nothing."""


def cache_uses(events: Iterable[RunEvent]) -> Iterator[CacheUse]:
    """What events tell of it. A job writes its journal itself, so what is not as it should be is left out."""
    for event in events:
        found = _read(event.data) if event.type == CACHE_EVENT else None
        if found is not None:
            yield found


def _read(data: Mapping[str, Any]) -> CacheUse | None:
    try:
        job = JobRef(str(data["stage"]), str(data["job"]), str(data.get("leg") or ""))
        word, size = CacheWord(data["word"]), int(data.get("size") or 0)
        return CacheUse(job, int(data["attempt"]), int(data["step"]), str(data["key"]), word, size)
    except (KeyError, TypeError, ValueError):
        return None
