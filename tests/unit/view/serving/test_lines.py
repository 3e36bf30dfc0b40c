from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from drivetrain.clock import timestamp
from drivetrain.serve.measures.model import Minute
from drivetrain.serve.model import Status, Tally
from drivetrain.view.serving.lines import SPANS, charts, measured, nice, path, spark
from drivetrain.view.serving.rows import recent

NOW = datetime(2026, 1, 2, 12, 0, 30, tzinfo=UTC)


def minute(ago: int, requests: int, deployment: str = "blue", errors: int = 0) -> Minute:
    at = timestamp(NOW.replace(second=0) - timedelta(minutes=ago))
    return Minute("shop", deployment, at, Tally(requests, errors, 0.1, (0, requests)))


def test_minutes_fall_into_the_bins_of_a_span() -> None:
    found = measured([minute(61, 9), minute(60, 1), minute(1, 2), minute(0, 7)], SPANS[0], NOW)
    tallies = found.deployments["blue"]
    assert len(tallies) == 60
    assert [(place, each.requests) for place, each in enumerate(tallies) if each] == [(0, 1), (59, 2)]


def test_a_day_has_bins_of_a_quarter_of_an_hour() -> None:
    found = measured([minute(ago, 10) for ago in range(1, 16)], SPANS[1], NOW)
    assert [each.requests for each in found.deployments["blue"] if each] == [150]


def test_charts_are_by_second_and_in_percent() -> None:
    requests, errors, latency = charts(measured([minute(1, 120, errors=6), minute(1, 60, "green")], SPANS[0], NOW))
    assert [(each.name, each.last) for each in requests.lines] == [("blue", 2.0), ("green", 1.0)]
    assert [each.last for each in errors.lines] == [5.0, 0.0]
    assert {each.kind for each in latency.lines} == {"p50", "", "p99"}
    assert (requests.top, errors.top) == (2, 5)


@pytest.mark.parametrize(("value", "edge"), [(1, 1), (1.2, 2), (2.2, 2.5), (26, 50), (99, 100), (0.03, 0.05), (0, 1)])
def test_edges_read_well(value: float, edge: float) -> None:
    assert nice(value) == pytest.approx(edge)


def test_a_line_is_broken_where_there_is_nothing() -> None:
    assert path([1.0, None, 2.0, 0.0], 2.0) == "M0.0 50.0h0M400.0 0.0L600.0 100.0"
    assert path([], 1.0) == ""


def test_the_small_line_ends_with_what_is_written_down() -> None:
    assert spark([], NOW) == ""
    drawn = spark([minute(3, 5), minute(2, 5)], NOW)
    assert drawn.count("L") == 58  # the last minute is not drawn as nothing


def test_now_is_the_last_minutes_that_were_written_down() -> None:
    total, single, window = recent([minute(9, 1000), minute(3, 300), minute(2, 300, "green")], None, NOW)
    assert (total.per_second, window) == (2.0, "last 5 minutes")
    assert single["green"].per_second == 1.0


def test_without_measures_it_is_since_the_front_started() -> None:
    status = Status(1, 1, "", timestamp(NOW - timedelta(seconds=50)), tallies={"Blue": Tally(100, 1)})
    total, single, window = recent(None, status, NOW)
    assert (total.per_second, single["blue"].errors, window) == (2.0, 0.01, "since it started")
    assert recent(None, None, NOW)[2] == ""
