"""What keeps verdicts (contract: tests/contracts/test_verdicts.py), and what evaluates models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from drivetrain.definition.gate.model import GateFile
    from drivetrain.registry.gates.model import Evaluated, Verdict
    from drivetrain.registry.versions.model import ModelVersion


class Verdicts(Protocol):
    """Keeps what gates have said. Any thread may call it."""

    def add(self, verdict: Verdict) -> Verdict:
        """Keep it, under a new id."""
        ...

    def promoted(self, verdict_id: int, alias: str) -> Verdict:
        """Note that the candidate got an alias for it. Raises NotFoundError."""
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

    def latest(self, limit: int = 200) -> Sequence[Verdict]:
        """The newest of all, newest first."""
        ...


class Evaluator(Protocol):
    """Runs a model over data, in an environment and process of the model's own."""

    def evaluate(self, version: ModelVersion, data: Path, gate: GateFile) -> Evaluated:
        """What the gate's rules need. Raises UserError when the data or the model cannot be used so, saying why."""
        ...
