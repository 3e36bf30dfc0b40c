"""What Prometheus reads, by Prometheus' own parser."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from drivetrain.serve.measures.exposition import exposition
from drivetrain.serve.model import BUCKETS, Instance, InstanceState, Status, Tally

SLOW = tuple(range(1, len(BUCKETS) + 2))
STATUS = Status(
    pid=1,
    generation=2,
    url="http://127.0.0.1:1",
    started_at="",
    instances=(Instance("blue", 0, InstanceState.READY), Instance("blue", 1, InstanceState.WAITING)),
    tallies={"blue": Tally(105, 7, 3.5, SLOW, 9, 4), "green": Tally()},
)


def samples() -> dict[tuple[str, str, str], float]:
    text = exposition({"churn": STATUS}, {("churn", "blue"): 'chu"rn:3'}).decode()
    found = {}
    for family in text_string_to_metric_families(text):
        for each in family.samples:
            more = each.labels.get("le") or each.labels.get("state") or each.labels.get("model", "")
            found[each.name, each.labels.get("deployment", ""), more] = each.value
    return found


def test_counters_have_the_model_that_answers() -> None:
    found = samples()
    assert found["drivetrain_endpoint_requests_total", "blue", 'chu"rn:3'] == 105
    assert found["drivetrain_endpoint_errors_total", "blue", 'chu"rn:3'] == 7
    assert found["drivetrain_endpoint_disagreed_total", "blue", 'chu"rn:3'] == 4
    assert found["drivetrain_endpoint_requests_total", "green", ""] == 0


def test_latencies_are_a_cumulative_histogram() -> None:
    found = samples()
    assert found["drivetrain_endpoint_latency_seconds_bucket", "blue", "0.001"] == 1
    assert found["drivetrain_endpoint_latency_seconds_bucket", "blue", "0.0025"] == 3
    assert found["drivetrain_endpoint_latency_seconds_bucket", "blue", "+Inf"] == sum(SLOW)
    assert found["drivetrain_endpoint_latency_seconds_sum", "blue", 'chu"rn:3'] == 3.5


def test_replicas_are_counted_by_state() -> None:
    found = samples()
    assert found["drivetrain_endpoint_replicas", "blue", "ready"] == 1
    assert found["drivetrain_endpoint_replicas", "blue", "waiting"] == 1
    assert found["drivetrain_endpoint_replicas", "green", "ready"] == 0
