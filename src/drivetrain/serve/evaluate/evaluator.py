"""The Evaluator of gates: prepares a model as for serving, and has a process of its own ask and score it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, Protocol

import msgspec

from drivetrain.definition.gate.model import OF_PROBABILITIES, LatencyRule, MetricRule, computed
from drivetrain.errors import UnavailableError, UserError
from drivetrain.serve.evaluate.model import Answer, Order

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drivetrain.definition.gate.model import GateFile
    from drivetrain.registry.gates.model import Evaluated
    from drivetrain.registry.versions.model import ModelVersion
    from drivetrain.serve.model import Launch

MODULE = "drivetrain.serve.evaluate"


class Launches(Protocol):
    """Prepares versions of models for serving."""

    def launch(self, version: ModelVersion) -> Launch:
        """How a replica of it is started. Raises UserError when it cannot be prepared, saying why."""
        ...

    def probabilities(self, version: ModelVersion) -> Launch | None:
        """How one is started that answers with probabilities; None when the model does not have them."""
        ...


class ServedEvaluator:
    """The Evaluator port. What is measured is what would be served: same conversion, environment and path."""

    def __init__(self, launches: Callable[[], Launches]) -> None:
        """`launches` is asked when a model is to be evaluated."""
        self._launches = launches

    def evaluate(self, version: ModelVersion, data: Path, gate: GateFile) -> Evaluated:
        """What the gate's rules need. Raises UserError, UnavailableError."""
        if gate.evaluation is None:
            raise UserError(f"gate {gate.name} has no evaluate")
        rules = [rule for rule in gate.rules if isinstance(rule, MetricRule)]
        launches = self._launches()
        asks = any(computed(rule.metric) in OF_PROBABILITIES for rule in rules)
        with tempfile.TemporaryDirectory(prefix="gate-") as folder:
            order = Order(
                launches.launch(version),
                str(data),
                gate.evaluation,
                tuple((rule.column, rule.value) for rule in rules if rule.column),
                latency=any(isinstance(rule, LatencyRule) for rule in gate.rules),
                columns=_columns(version),
                probabilities=launches.probabilities(version) if asks else None,
                folder=folder,
            )
            answer = _asked(order)
        if answer.evaluated is None:
            raise UserError(f"{version.reference} cannot be evaluated: {answer.error}", hint=answer.hint)
        return answer.evaluated


def _columns(version: ModelVersion) -> tuple[str, ...]:
    inputs = version.signature.get("inputs") or []
    names = [str(each.get("name") or "") for each in inputs if isinstance(each, dict)]
    return tuple(names) if all(names) else ()


def _asked(order: Order) -> Answer:
    done = subprocess.run(
        [sys.executable, "-I", "-m", MODULE], input=msgspec.json.encode(order), capture_output=True, check=False
    )
    try:
        return msgspec.json.decode(done.stdout, type=Answer)
    except msgspec.MsgspecError as error:
        tail = done.stderr[-1000:].decode("utf-8", "replace").strip()
        raise UnavailableError(f"the evaluation ended with code {done.returncode}", hint=tail) from error
