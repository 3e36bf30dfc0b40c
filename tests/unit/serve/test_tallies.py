"""Tallies: differences, sums and quantiles."""

from __future__ import annotations

from bisect import bisect_left

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivetrain.serve.model import BUCKETS, Tally
from drivetrain.serve.tallies import all_since, between, quantile, share_of_errors, since


def bucket(seconds: float) -> int:
    return bisect_left(BUCKETS, seconds)


LATENCIES = st.lists(st.floats(0, 20), max_size=40)


def counted(latencies: list[float], errors: int = 0) -> Tally:
    places = [bucket(each) for each in latencies]
    shape = tuple(places.count(index) for index in range(len(BUCKETS) + 1))
    return Tally(len(latencies), errors, sum(latencies), shape)


@given(LATENCIES, LATENCIES)
def test_what_came_since_is_what_was_added(before: list[float], more: list[float]) -> None:
    found = since(counted(before + more), counted(before))
    assert found.requests == len(more)
    assert found.slower_than == counted(more).slower_than
    assert found.seconds == pytest.approx(sum(more), abs=1e-6)


@given(LATENCIES, LATENCIES)
def test_both_together_are_as_if_counted_at_once(first: list[float], second: list[float]) -> None:
    found = counted(first) + counted(second)
    assert (found.requests, found.slower_than) == (len(first + second), counted(first + second).slower_than)


def test_a_front_that_was_started_again_counts_from_nothing() -> None:
    assert since(counted([0.1]), counted([0.1, 0.2])) == counted([0.1])


def test_a_deployment_that_is_new_has_no_before() -> None:
    assert all_since({"green": counted([0.1])}, {"blue": counted([0.2])}) == {"green": counted([0.1])}


@given(LATENCIES, st.floats(0, 1))
def test_a_quantile_lies_in_the_bucket_of_the_real_one(latencies: list[float], share: float) -> None:
    found = quantile(counted(latencies), share)
    if not latencies:
        assert found is None
        return
    assert found is not None
    assert 0 <= found <= BUCKETS[-1]
    ordered = sorted(latencies)
    real = ordered[min(len(ordered) - 1, max(0, -(-int(share * len(ordered) * 1e6) // 10**6) - 1))]
    assert bucket(found) <= bucket(real)


@given(LATENCIES, st.floats(0, 1), st.floats(0, 1))
def test_a_greater_share_is_never_quicker(latencies: list[float], one: float, other: float) -> None:
    low, high = (quantile(counted(latencies), share) for share in sorted((one, other)))
    assert low is None or high is None or low <= high + 1e-12


def test_the_median_of_one_bucket_is_its_middle() -> None:
    assert quantile(counted([0.07] * 10), 0.5) == pytest.approx(0.075)


def test_errors_are_a_share() -> None:
    assert share_of_errors(counted([0.1, 0.2], errors=1)) == pytest.approx(0.5)
    assert share_of_errors(Tally()) == 0


def test_what_is_slower_than_all_bounds_has_no_upper_one() -> None:
    assert between(counted([0.07, 30.0]), 0.95) == (BUCKETS[-1], float("inf"))
    assert quantile(counted([30.0]), 0.5) == BUCKETS[-1]
    assert between(Tally(), 0.5) is None
