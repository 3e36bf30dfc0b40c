"""Who holds a stage at its gate: first for want of permission, then for the checks of what it uses."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from drivetrain.run.azureml.compute_gate import ComputeGates
from drivetrain.run.checks.calls import Calls
from drivetrain.run.checks.gatekeeper import StoreGatekeeper
from drivetrain.run.library.gate import PermissionGates
from drivetrain.wire.driven import is_driven
from drivetrain.wire.gating.words import WordsOfGates
from drivetrain.wire.seldom import load

if TYPE_CHECKING:
    from drivetrain.run.checks.ports import Gatekeeper
    from drivetrain.wire.storage import Storage


def gates(storage: Storage, server_url: str) -> Gatekeeper:
    """The gatekeeper of a home."""
    checks = storage.checks

    def decided(run_id: int, stage: str, attempt: int) -> bool:
        record = checks.gate(run_id, stage, attempt)
        return record is not None and record.closed

    calls = Calls(checks, storage.clock, storage.vault.open, server_url)
    words = WordsOfGates(storage)
    keeper = StoreGatekeeper(checks, storage.clock, calls, partial(is_driven, storage.home), words)
    others = PermissionGates(storage.library, keeper, decided)
    return ComputeGates(storage.compute_nodes, others, partial(_capacity, storage), storage.clock)


def _capacity(storage: Storage, compute: str) -> int:
    """Only jobs of Azure Machine Learning wait for computes; others do not load the edge."""
    nodes: int = load("wire.azureml.computes:capacity")(storage.assets, compute)
    return nodes
