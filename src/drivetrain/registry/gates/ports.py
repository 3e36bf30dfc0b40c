"""What keeps verdicts (contract: tests/contracts/test_verdicts.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.registry.gates.model import Verdict


class Verdicts(Protocol):
    """Keeps what gates have said. Any thread may call it."""

    def add(self, verdict: Verdict) -> Verdict:
        """Keep it, under a new id."""
        ...

    def get(self, verdict_id: int) -> Verdict:
        """One of them. Raises NotFoundError."""
        ...

    def of_run(self, run_id: int) -> Sequence[Verdict]:
        """Those that a pipeline run has asked for, the oldest first."""
        ...

    def of_model(self, name: str, version: str = "") -> Sequence[Verdict]:
        """Those of a model's versions as candidates, the newest first."""
        ...
