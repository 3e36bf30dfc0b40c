"""What gates have said, for checks of stages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.run.checks.model import GateWord
from drivetrain.wire.seldom import load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.registry.gates.model import Verdict
    from drivetrain.wire.storage import Storage


class WordsOfGates:
    """The GateWords port. Any thread may call it."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def of_run(self, run_id: int) -> Sequence[GateWord]:
        """Of the models that a run has registered, and what the run itself has asked; oldest first."""
        found = {each.id: each for each in self._storage.verdicts.of_run(run_id)}
        for version in load("wire.registry.models:versions_of_run")(self._storage, run_id):
            found |= {each.id: each for each in self._storage.verdicts.of_model(version.name, version.version)}
        return [_word(found[number]) for number in sorted(found)]


def _word(verdict: Verdict) -> GateWord:
    failed = [f"{each.rule}: {each.reason}" for each in verdict.findings if not each.passed]
    reason = "; ".join(failed[:3])[:300]
    model = verdict.candidate.rpartition(":")[0]
    return GateWord(verdict.id, verdict.gate, model, verdict.candidate, verdict.passed, verdict.rules, reason)
