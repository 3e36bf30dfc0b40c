"""One scikit-learn model, one row a request, one replica each: our endpoints beside the servers that people use for it,
and beside bare ONNX Runtime behind a bare ASGI application.

All of them are up at once, on two cores that they share with the load generator, and are measured in turn, for several
rounds. Each peer has an environment of its own, compiled; they are kept below `.tools/serving`.
"""

from __future__ import annotations

import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from bench.figure import Figure
from bench.serving.environments import Environments
from bench.serving.load import Load, measure_load
from bench.serving.ours import Ours
from bench.serving.peers import FLOOR, PEERS, started

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bench.serving.peers import Target

ROUNDS = 5
CLIENTS = 16
TIMES_THE_BEST, OF_THE_FLOOR, START_SECONDS = 8.0, 0.8, 2.0


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="drivetrain-bench-") as name, ExitStack() as stack:
        environments = Environments()
        model = environments.model(Path(name, "model"))
        ours = stack.enter_context(Ours(Path(name, "home"), model))
        targets = {peer.name: stack.enter_context(started(peer, environments, model)) for peer in (FLOOR, *PEERS)}
        many, alone = _in_turn({"ours": ours.target, **targets})
        return [*_throughput(many), *_alone(alone), _start(ours)]


def _in_turn(targets: Mapping[str, Target]) -> tuple[dict[str, float], dict[str, float]]:
    """Requests a second by 16 clients, and the 99th percentile in milliseconds by one: medians of the rounds."""
    found: dict[str, list[tuple[Load, Load]]] = {name: [] for name in targets}
    for number in range(ROUNDS + 1):  # the first only warms up
        for name, target in targets.items():
            loads = (
                measure_load(target, CLIENTS, 1 if number == 0 else 4),
                measure_load(target, 1, 1 if number == 0 else 4),
            )
            if number:
                found[name].append(loads)
    many = {name: statistics.median(each[0].rate for each in loads) for name, loads in found.items()}
    return many, {name: statistics.median(each[1].p99_ms for each in loads) for name, loads in found.items()}


def _throughput(many: Mapping[str, float]) -> Iterator[Figure]:
    best = max((peer.name for peer in PEERS), key=lambda name: many[name])
    said = ", ".join(f"{peer.name} {many[peer.name]:.0f}" for peer in PEERS)
    title = f"predictions a second, {CLIENTS} clients"
    yield Figure(title, many["ours"], "/s", best, many[best], TIMES_THE_BEST, at_least=True, note=said)
    yield Figure(title, many["ours"], "/s", FLOOR.name, many[FLOOR.name], OF_THE_FLOOR, at_least=True)


def _alone(alone: Mapping[str, float]) -> Iterator[Figure]:
    best = min((peer.name for peer in PEERS), key=lambda name: alone[name])
    said = ", ".join(f"{name} {value:.1f}" for name, value in alone.items())
    yield Figure("one client, 99th percentile", alone["ours"], "ms", best, alone[best], 1.0, note=said)


def _start(ours: Ours) -> Figure:
    seconds = statistics.median(ours.start_seconds() for _ in range(ROUNDS))
    return Figure("a front and its replica, start to first answer", seconds, "s", "the promise", START_SECONDS, 1.0)
