"""Releases: one deployment on its way to all traffic. Frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct, field

from drivetrain.serve.model import Tally


class Step(Struct, frozen=True):
    """One step of a release: how much traffic the new deployment gets, and how long it is watched then."""

    percent: int
    seconds: float


class ReleasePlan(Struct, frozen=True):
    """How a release goes from the old deployment to the new one."""

    steps: tuple[Step, ...] = (Step(10, 10.0), Step(50, 10.0), Step(100, 10.0))
    mirror: Step | None = None
    """Before the first of them: this much is mirrored, for so long."""
    most_errors: float = 0.01
    """Share of the new deployment's answers that may be errors, beyond the old one's."""
    slower: float = 2.0
    """How many times the old deployment's 95th percentile the new one's may be; 0 for any."""
    most_disagreement: float = 1.0
    """Share of mirrored answers that may differ."""
    least_requests: int = 20
    """Fewer than these in a step prove nothing: only errors count then."""
    smoke: bool = True
    """Send the model's own example first, and stop when the answer is an error."""


class ReleaseState(StrEnum):
    """Where a release stands."""

    PREPARING = "preparing"
    WARMING = "warming"
    SMOKE = "smoke test"
    MIRRORING = "mirroring"
    SHIFTING = "shifting"
    FINISHED = "finished"
    ROLLED_BACK = "rolled back"
    FAILED = "failed"
    """Before it had any traffic."""


class Release(Struct, frozen=True):
    """One deployment on its way to all traffic."""

    id: int
    endpoint: str
    deployment: str
    plan: ReleasePlan
    before: Mapping[str, int] = field(default_factory=dict)
    """The traffic when it began."""
    mirror: Mapping[str, int] = field(default_factory=dict)
    """What was mirrored when it began."""
    state: ReleaseState = ReleaseState.PREPARING
    step: int = 0
    """Index of the step of SHIFTING."""
    since: str = ""
    """When this state or step began."""
    baseline: Mapping[str, Tally] = field(default_factory=dict)
    """The tallies at that moment."""
    reason: str = ""
    """Why it ended so."""
    run_id: int | None = None
    created_at: str = ""
    created_by: str = ""
    ended_at: str = ""

    @property
    def under_way(self) -> bool:
        """Whether it has not ended."""
        return self.state not in {ReleaseState.FINISHED, ReleaseState.ROLLED_BACK, ReleaseState.FAILED}
