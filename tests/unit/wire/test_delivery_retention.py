from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from drivetrain.clock import FixedClock
from drivetrain.home import Home
from drivetrain.settings import Settings
from drivetrain.source.hosts.model import HostKind, Link
from drivetrain.source.model import Project
from drivetrain.source.webhooks.model import Delivery
from drivetrain.wire.retention import retention_of
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)


@pytest.mark.parametrize(("days", "left"), [(30, ["young", "waits"]), (0, ["old", "young", "waits"])])
def test_deliveries_go_with_the_runs_of_their_time(tmp_path: Path, days: int, left: list[str]) -> None:
    clock = FixedClock(NOW - timedelta(days=31))
    storage = Storage(Home(tmp_path), clock)
    project = storage.projects.add(Project(0, "churn", "https://host.example/churn.git", "main"), {})
    storage.links.put(Link(project.id, HostKind.GITHUB, "https://api.example", "lab/churn", key="k"), "hush")

    def keep(guid: str) -> int:
        kept = storage.deliveries.keep(Delivery(0, HostKind.GITHUB, "k", guid, "push", {}, b"{}", ""))
        assert kept is not None
        return kept

    storage.deliveries.finish(keep("old"), "done")
    waits = keep("waits")
    clock.at = NOW - timedelta(days=29)
    storage.deliveries.finish(keep("young"), "done")
    clock.at = NOW
    retention_of(storage, Settings(retention_days=days)).apply()
    assert {each.guid for each in storage.deliveries.recent()} == set(left)
    assert storage.deliveries.get(waits).state == "new"
    storage.source_events.close()
