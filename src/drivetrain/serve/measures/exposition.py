"""A front's figures in the form that Prometheus scrapes.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from drivetrain.serve.model import BUCKETS, InstanceState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from prometheus_client.core import Metric

    from drivetrain.serve.model import Status, Tally

LABELS = ("endpoint", "deployment", "model")
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
COUNTERS = {
    "requests": "Requests that were answered",
    "errors": "Answers of 5xx, 408 and 429",
    "mirrored": "Copies of requests that were sent",
    "disagreed": "Copies whose answer was another than the caller's",
}


class Figures:
    """The figures of some endpoints, as prometheus_client collects them."""

    def __init__(self, statuses: Mapping[str, Status], models: Mapping[tuple[str, str], str]) -> None:
        """`models` gives NAME:VERSION by endpoint and deployment."""
        self._statuses = statuses
        self._models = models

    def collect(self) -> Iterator[Metric]:
        """Counters, latencies, replicas, and the generation that each front carries out."""
        for name, meaning in COUNTERS.items():
            counter = CounterMetricFamily(f"drivetrain_endpoint_{name}", meaning, labels=LABELS)
            for labels, tally in self._tallies():
                counter.add_metric(labels, getattr(tally, name))
            yield counter
        yield self._latencies()
        yield self._replicas()

    def _tallies(self) -> Iterator[tuple[Sequence[str], Tally]]:
        for endpoint, status in self._statuses.items():
            for deployment, tally in status.tallies.items():
                yield (endpoint, deployment, self._models.get((endpoint, deployment), "")), tally

    def _latencies(self) -> Metric:
        family = HistogramMetricFamily("drivetrain_endpoint_latency_seconds", "Time to answer", labels=LABELS)
        for labels, tally in self._tallies():
            family.add_metric(labels, list(_cumulative(tally.slower_than)), tally.seconds)
        return family

    def _replicas(self) -> Metric:
        family = GaugeMetricFamily(
            "drivetrain_endpoint_replicas", "Replicas by state", labels=("endpoint", "deployment", "state")
        )
        for endpoint, status in self._statuses.items():
            for deployment in status.tallies.keys() | {each.deployment for each in status.instances}:
                for state in InstanceState:
                    found = [each for each in status.instances if (each.deployment, each.state) == (deployment, state)]
                    family.add_metric((endpoint, deployment, str(state)), len(found))
        return family


def _cumulative(counts: Iterable[int]) -> Iterator[tuple[str, float]]:
    filled = [*counts][: len(BUCKETS) + 1]
    filled += [0] * (len(BUCKETS) + 1 - len(filled))
    bounds = [*(str(bound) for bound in BUCKETS), "+Inf"]
    return zip(bounds, accumulate(map(float, filled)), strict=True)


def exposition(statuses: Mapping[str, Status], models: Mapping[tuple[str, str], str]) -> bytes:
    """What a scrape is answered, by name of endpoint."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Figures(statuses, models))
    return generate_latest(registry)
