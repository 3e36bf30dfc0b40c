"""What every implementation of `NodeKeys` and of `ScheduleTimes` must do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from drivetrain.clock import FixedClock
from drivetrain.registry.model import Workspace
from drivetrain.run.azureml.ports import Due
from drivetrain.store.database import Database
from drivetrain.store.node_keys import SqliteNodeKeys
from drivetrain.store.schedule_times import SqliteScheduleTimes
from drivetrain.store.workspaces import SqliteWorkspaces

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.run.azureml.ports import NodeKeys, ScheduleTimes

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = Database(tmp_path / "drivetrain.db")
    made.connect().close()
    workspaces = SqliteWorkspaces(made, FixedClock(NOW))
    for name in ("one", "two"):
        workspaces.put(Workspace(name, "s", "g", name))
    return made


@pytest.fixture(params=["sqlite"])
def keys(database: Database) -> NodeKeys:
    return SqliteNodeKeys(database)


@pytest.fixture(params=["sqlite"])
def times(database: Database) -> ScheduleTimes:
    return SqliteScheduleTimes(database)


def test_jobs_are_found_by_their_key_the_newest_first(keys: NodeKeys) -> None:
    keys.put("one", "a", "k")
    keys.put("one", "b", "k")
    keys.put("one", "c", "other")
    keys.put("two", "d", "k")
    assert list(keys.jobs("one", "k")) == ["b", "a"]
    assert list(keys.jobs("one", "none")) == []


def test_a_job_has_one_key(keys: NodeKeys) -> None:
    keys.put("one", "a", "k")
    keys.put("one", "a", "later")
    assert list(keys.jobs("one", "k")) == []
    assert list(keys.jobs("one", "later")) == ["a"]


def test_schedules_come_in_the_order_of_their_times(times: ScheduleTimes) -> None:
    assert times.next() is None
    for name, minutes in (("late", 5), ("early", 1), ("now", 0)):
        times.put(Due("one", name, NOW + timedelta(minutes=minutes)))
    assert [due.name for due in times.until(NOW + timedelta(minutes=1))] == ["now", "early"]
    assert times.until(NOW)[0] == Due("one", "now", NOW)
    assert times.next() == NOW


def test_a_schedule_has_one_time_or_none(times: ScheduleTimes) -> None:
    times.put(Due("one", "s", NOW))
    times.put(Due("one", "S", NOW + timedelta(hours=1)))
    times.put(Due("two", "s", NOW + timedelta(hours=2)))
    assert not times.until(NOW)
    times.delete("one", "s")
    times.delete("one", "never there")
    assert times.next() == NOW + timedelta(hours=2)
