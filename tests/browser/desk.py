"""Who keeps which run, in memory, for pages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from drivetrain.clock import timestamp
from drivetrain.record.retention.model import Fate, Lease, Past, What

if TYPE_CHECKING:
    from collections.abc import Sequence

AT = datetime(2026, 12, 24, tzinfo=UTC)


class Desk:
    """The RetentionDesk port."""

    def __init__(self) -> None:
        self._leases: list[Lease] = []

    def keep(self, run_id: int, *, reason: str, by: str, days: int = 0) -> Lease:
        lease = Lease(len(self._leases) + 1, run_id, reason, by, timestamp(AT), timestamp(AT) if days else "")
        self._leases.append(lease)
        return lease

    def unkeep(self, run_id: int) -> int:
        before = len(self._leases)
        self._leases = [lease for lease in self._leases if lease.run_id != run_id]
        return before - len(self._leases)

    def leases(self, run_id: int) -> Sequence[Lease]:
        return [lease for lease in self._leases if lease.run_id == run_id]

    def every_lease(self) -> Sequence[Lease]:
        return self._leases

    def end_lease(self, lease_id: int) -> None:
        self._leases = [lease for lease in self._leases if lease.id != lease_id]

    def outlook(self) -> Sequence[Fate]:
        run = Past(53, "20261123.1", "turbofan", "refs/heads/main", "Manual", timestamp(AT))
        return [Fate(run, What.RUN, AT, "30 days"), Fate(run, What.WORK, None, "somebody keeps it")]
