"""Verdicts in memory, for tests and for who keeps none."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.registry.gates.model import Verdict


class MemoryVerdicts:
    """The Verdicts port."""

    def __init__(self) -> None:
        self._all: dict[int, Verdict] = {}
        self._lock = Lock()

    def add(self, verdict: Verdict) -> Verdict:
        """Keep it, under a new id."""
        with self._lock:
            kept = replace(verdict, id=len(self._all) + 1)
            self._all[kept.id] = kept
        return kept

    def promoted(self, verdict_id: int, alias: str) -> Verdict:
        """Note that the candidate got an alias for it. Raises NotFoundError."""
        self._all[verdict_id] = replace(self.get(verdict_id), promoted=alias)
        return self._all[verdict_id]

    def get(self, verdict_id: int) -> Verdict:
        """One of them. Raises NotFoundError."""
        if verdict_id not in self._all:
            raise NotFoundError(f"there is no verdict {verdict_id}", hint="drivetrain verdicts lists them")
        return self._all[verdict_id]

    def of_run(self, run_id: int) -> Sequence[Verdict]:
        """Those that a pipeline run has asked for, the oldest first."""
        return [each for each in self._all.values() if each.run_id == run_id]

    def of_model(self, name: str, version: str = "") -> Sequence[Verdict]:
        """Those of a model's versions as candidates, the newest first."""
        wanted = [each for each in self._newest() if each.candidate.rpartition(":")[0] == name]
        return [each for each in wanted if version in ("", each.candidate.rpartition(":")[2])]

    def latest(self, limit: int = 200) -> Sequence[Verdict]:
        """The newest of all, newest first."""
        return self._newest()[:limit]

    def _newest(self) -> list[Verdict]:
        return list(reversed(self._all.values()))
