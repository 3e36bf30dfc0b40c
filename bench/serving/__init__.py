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
from bench.serving.alone import measure_alone
from bench.serving.environments import Environments
from bench.serving.load import Load, measure_load
from bench.serving.ours import Ours
from bench.serving.peers import FLOOR, PEERS, started

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

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


def _in_turn(targets: Mapping[str, Target]) -> tuple[dict[str, Load], dict[str, Load]]:
    """By 16 clients, and by one: the median of each figure over the rounds."""
    found: dict[str, list[tuple[Load, Load]]] = {name: [] for name in targets}
    for number in range(ROUNDS + 1):  # the first only warms up
        for name, target in targets.items():
            seconds = 3 if number else 1
            loads = measure_load(target, CLIENTS, seconds), measure_alone(target, seconds)
            if number:
                found[name].append(loads)
    many, alone = (
        {name: _median([each[which] for each in loads]) for name, loads in found.items()} for which in (0, 1)
    )
    return many, alone


def _median(loads: Sequence[Load]) -> Load:
    return Load(*(statistics.median(figures) for figures in zip(*loads, strict=True)))


def _throughput(many: Mapping[str, Load]) -> Iterator[Figure]:
    best = max((peer.name for peer in PEERS), key=lambda name: many[name].rate)
    said = ", ".join(f"{peer.name} {many[peer.name].rate:.0f}" for peer in PEERS)
    title = f"predictions a second, {CLIENTS} clients"
    ours = many["ours"].rate
    yield Figure(title, ours, "/s", best, many[best].rate, TIMES_THE_BEST, at_least=True, note=said)
    yield Figure(title, ours, "/s", FLOOR.name, many[FLOOR.name].rate, OF_THE_FLOOR, at_least=True)


def _alone(alone: Mapping[str, Load]) -> Iterator[Figure]:
    for title, which in (("median", 1), ("99th percentile", 2)):
        figures = {name: load[which] for name, load in alone.items()}
        best = min((peer.name for peer in PEERS), key=figures.__getitem__)
        said = ", ".join(f"{name} {value:.2f}" for name, value in figures.items())
        yield Figure(f"one client, {title}", figures["ours"], "ms", best, figures[best], 1.0, note=said)


def _start(ours: Ours) -> Figure:
    seconds = statistics.median(ours.start_seconds() for _ in range(ROUNDS))
    return Figure("a front and its replica, start to first answer", seconds, "s", "the promise", START_SECONDS, 1.0)
