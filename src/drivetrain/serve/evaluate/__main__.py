"""The process of an evaluation: an Order as JSON on standard input, an Answer on standard output."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from drivetrain.errors import DrivetrainError, UserError
from drivetrain.registry.gates.model import Evaluated, Slice
from drivetrain.serve.evaluate.data import load
from drivetrain.serve.evaluate.model import Answer, Order
from drivetrain.serve.evaluate.replica import Replica
from drivetrain.serve.evaluate.scoring import scores, understood, with_shares

if TYPE_CHECKING:
    from drivetrain.serve.evaluate.data import Data
    from drivetrain.serve.evaluate.scoring import Predicted

TOGETHER = 500
"""Rows of one request."""
WARM = 10
"""Requests before those that are measured."""


def evaluate(order: Order) -> Evaluated:
    """Start a replica, ask it, compute. Raises UserError."""
    data = load(Path(order.data), order.evaluation.target, order.slices, order.columns)
    columns = list(data.features.columns)
    rows = msgspec.json.decode(data.features.to_json(orient="values", date_format="iso", double_precision=15))
    with Replica(order.launch, _folder(order, "served")) as replica:
        answers = _answers(replica, columns, rows)
        latencies = _latencies(replica, columns, rows, order.evaluation.calls) if order.latency else ()
    predicted = _understood(answers, data, order)
    if order.probabilities is not None and predicted.shares is None:
        with Replica(order.probabilities, _folder(order, "probabilities")) as replica:
            predicted = with_shares(predicted, _understood(_answers(replica, columns, rows), data, order))
    return Evaluated(_slices(data, predicted, order), latencies)


def _folder(order: Order, name: str) -> Path:
    folder = Path(order.folder) / name
    folder.mkdir()
    return folder


def _answers(replica: Replica, columns: list[str], rows: list[list[Any]]) -> list[Any]:
    parts = (rows[start : start + TOGETHER] for start in range(0, len(rows), TOGETHER))
    return [each for part in parts for each in replica.predict(columns, part)]


def _latencies(replica: Replica, columns: list[str], rows: list[list[Any]], calls: int) -> tuple[float, ...]:
    found = []
    for number in range(WARM + calls):
        row = rows[number % len(rows)]
        begun = time.perf_counter()
        replica.predict(columns, [row])
        found.append((time.perf_counter() - begun) * 1000)
    return tuple(found[WARM:])


def _understood(answers: list[Any], data: Data, order: Order) -> Predicted:
    kind = order.evaluation.kind
    try:
        return understood(answers, data.target, kind)
    except (ValueError, TypeError) as error:
        raise UserError(f"the model's answers are no predictions of a {kind}: {error}") from error


def _slices(data: Data, predicted: Predicted, order: Order) -> tuple[Slice, ...]:
    kind = order.evaluation.kind
    found = []
    for part in data.parts:
        metrics, problems = scores(data.target, predicted, part.rows, kind)
        found.append(Slice(int(part.rows.sum()), metrics, problems, part.column, part.value))
    return tuple(found)


def main() -> None:
    """Answer."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    try:
        answer = Answer(evaluate(order))
    except DrivetrainError as error:
        answer = Answer(error=error.message, hint=error.hint)
    sys.stdout.buffer.write(msgspec.json.encode(answer))


if __name__ == "__main__":
    main()
