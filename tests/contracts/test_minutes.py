"""What every implementation of `Minutes` must do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivetrain.serve.measures.model import Minute
from drivetrain.serve.model import BUCKETS, Tally
from drivetrain.store.database import Database
from drivetrain.store.minutes import SqliteMinutes

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.serve.measures.ports import Minutes

FIRST, SECOND, NEXT_HOUR = "2026-01-02T03:04:00.000Z", "2026-01-02T03:05:00.000Z", "2026-01-02T04:00:00.000Z"


@pytest.fixture(params=["sqlite"])
def minutes(tmp_path: Path) -> Minutes:
    database = Database(tmp_path / "drivetrain.db")
    database.connect().close()
    return SqliteMinutes(database)


def tally(requests: int) -> Tally:
    return Tally(requests, 1, 0.5 * requests, (requests, *[0] * len(BUCKETS)), 2, 1)


def minute(at: str, requests: int = 1, deployment: str = "blue", endpoint: str = "churn") -> Minute:
    return Minute(endpoint, deployment, at, tally(requests))


def test_they_come_by_time_and_deployment(minutes: Minutes) -> None:
    said = [minute(SECOND), minute(FIRST, deployment="green"), minute(FIRST)]
    minutes.add(said)
    assert list(minutes.of("churn", FIRST)) == [said[2], said[1], said[0]]


def test_what_is_added_to_a_minute_counts_with_what_was_there(minutes: Minutes) -> None:
    minutes.add([minute(FIRST, 3)])
    minutes.add([minute(FIRST, 4)])
    (found,) = minutes.of("churn", FIRST)
    assert (found.tally.requests, found.tally.errors, found.tally.slower_than[0]) == (7, 2, 7)


def test_endpoints_are_apart_and_their_names_know_no_case(minutes: Minutes) -> None:
    minutes.add([minute(FIRST), minute(FIRST, endpoint="other")])
    assert [each.endpoint for each in minutes.of("Churn", FIRST)] == ["churn"]


def test_a_time_is_from_and_before(minutes: Minutes) -> None:
    minutes.add([minute(FIRST), minute(SECOND), minute(NEXT_HOUR)])
    assert [each.at for each in minutes.of("churn", SECOND, NEXT_HOUR)] == [SECOND]


def test_old_minutes_become_hours_once(minutes: Minutes) -> None:
    minutes.add([minute(FIRST, 1), minute(SECOND, 2), minute(NEXT_HOUR, 4)])
    for _ in range(2):
        minutes.thin_out(NEXT_HOUR)
        found = minutes.of("churn", "2026")
        assert [(each.at, each.tally.requests) for each in found] == [("2026-01-02T03:00:00.000Z", 3), (NEXT_HOUR, 4)]
