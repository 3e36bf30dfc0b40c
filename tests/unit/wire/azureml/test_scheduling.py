"""When the jobs of schedules are made: at their times, once, also when the server dies, and not long after."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from drivetrain.clock import FixedClock
from drivetrain.errors import ConflictError, UnavailableError, UserError
from drivetrain.home import Home
from drivetrain.registry.model import Asset, AssetKind, Workspace
from drivetrain.run.azureml.pipeline_ports import Due
from drivetrain.view.api.azure.schedules.model import (
    first_due,
    job_name,
    job_properties,
    of_asset,
    read_schedule,
)
from drivetrain.wire.azureml import scheduling
from drivetrain.wire.azureml.scheduling import GRACE, Scheduler
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
BODY: dict[str, Any] = {
    "trigger": {"triggerType": "Recurrence", "frequency": "Hour", "interval": 1, "startTime": "2026-01-01T00:00:00Z"},
    "action": {"actionType": "CreateJob", "jobDefinition": {"jobType": "Command", "command": "echo"}},
}


class Situation:
    """A home with a schedule, and what was made."""

    def __init__(self, folder: Path) -> None:
        self.clock = FixedClock(START - MINUTE)
        self.storage = Storage(Home(folder))
        self.storage.database.connect().close()
        self.storage.workspaces.put(Workspace("guid", "s", "g", "w"))
        self.edge: Any = SimpleNamespace(clock=self.clock)
        self.made: list[str] = []
        self.error: Exception | None = None

    def put(self, **properties: Any) -> None:
        asset = Asset("guid", AssetKind.SCHEDULE, "hourly", "", {"properties": {**BODY, **properties}})
        self.storage.assets.put(asset, by="me")
        self.storage.schedule_times.put(Due("guid", "hourly", START))

    async def fire(self, _edge: Any, _workspace: Any, _who: Any, asset: Asset, due: datetime) -> str:
        if self.error is not None:
            raise self.error
        name = job_name(asset.name, due)
        if name in self.made:
            raise ConflictError("made already")
        self.made.append(name)
        return name

    def look(self, at: datetime) -> float:
        """A server that has just started looks at this time."""
        self.clock.at = at
        return asyncio.run(Scheduler(self.storage).look(self.edge))

    @property
    def next(self) -> datetime | None:
        return self.storage.schedule_times.next()


@pytest.fixture
def situation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Situation:
    made = Situation(tmp_path / "home")
    monkeypatch.setattr(scheduling, "fire", made.fire)
    made.put()
    return made


def test_a_job_is_made_when_it_is_due_and_the_next_time_is_set(situation: Situation) -> None:
    assert situation.look(START - timedelta(seconds=10)) == 10
    assert situation.made == []
    situation.look(START)
    assert situation.made == ["hourly-20260101T000000Z"]
    assert situation.next == START + timedelta(hours=1)
    situation.look(START + MINUTE)
    assert len(situation.made) == 1


def test_a_server_that_died_after_it_had_made_the_job_makes_it_no_second_time(situation: Situation) -> None:
    situation.look(START)
    situation.storage.schedule_times.put(Due("guid", "hourly", START))  # it had not come to setting the next one
    situation.look(START + MINUTE)
    assert situation.made == ["hourly-20260101T000000Z"]
    assert situation.next == START + timedelta(hours=1)


def test_a_server_that_died_before_makes_it_when_it_is_back_soon(situation: Situation) -> None:
    situation.look(START + MINUTE)
    assert situation.made == ["hourly-20260101T000000Z"]


def test_what_was_missed_for_longer_is_left_out(situation: Situation) -> None:
    situation.look(START + GRACE + timedelta(hours=3))
    assert situation.made == []
    assert situation.next == START + timedelta(hours=4)


def test_a_schedule_that_is_disabled_or_deleted_is_never_due(situation: Situation) -> None:
    situation.put(isEnabled=False)
    situation.look(START)
    assert situation.next is None
    situation.put()
    situation.storage.assets.delete("guid", AssetKind.SCHEDULE, "hourly")
    situation.look(START)
    assert (situation.made, situation.next) == ([], None)


def test_a_job_that_cannot_be_made_is_left_out_but_one_that_cannot_be_now_is_tried_again(situation: Situation) -> None:
    situation.error = UnavailableError("no MLflow")
    with pytest.raises(UnavailableError):
        situation.look(START)
    assert situation.next == START
    situation.error = UserError("there is no such environment")
    situation.look(START)
    assert situation.next == START + timedelta(hours=1)


def test_a_schedule_ends(situation: Situation) -> None:
    situation.put(trigger={**BODY["trigger"], "endTime": "2026-01-01T00:30:00Z"})
    situation.look(START)
    assert (len(situation.made), situation.next) == (1, None)


def test_a_new_schedule_without_a_start_is_due_at_once(situation: Situation) -> None:
    trigger = {key: value for key, value in BODY["trigger"].items() if key != "startTime"}
    situation.put(trigger=trigger)
    asset = situation.storage.assets.get("guid", AssetKind.SCHEDULE, "hourly")
    made = datetime.fromisoformat(asset.created_at)
    assert first_due(of_asset(asset), asset, made, new=True) == made
    assert first_due(of_asset(asset), asset, made, new=False) == made + timedelta(hours=1)


def test_a_job_repeats_another_with_what_is_said_otherwise() -> None:
    source = {
        "jobType": "Pipeline", "jobs": {"a": {}}, "settings": {"force_rerun": True},
        "inputs": {"lr": {"value": "0.1"}, "when": {"value": "never"}}, "outputs": {},
    }  # fmt: skip
    definition = {
        "jobType": "Pipeline",
        "sourceJobId": "azureml:before",
        "experimentName": "",
        "inputs": {"when": {"value": "at ${{creation_context.trigger_time}} by ${{name}}"}},
    }
    schedule = read_schedule({**BODY, "action": {"actionType": "CreateJob", "jobDefinition": definition}}, START)
    found = job_properties(schedule, source, "hourly-1", START)
    assert found["inputs"] == {"lr": {"value": "0.1"}, "when": {"value": "at 2026-01-01T00:00:00Z by hourly-1"}}
    assert (found["jobs"], found["settings"], found["displayName"]) == ({"a": {}}, {"force_rerun": True}, "hourly-1")
    assert "sourceJobId" not in found


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"action": {"actionType": "CreateMonitor"}}, "'CreateMonitor' cannot be carried out here"),
        ({"action": {"actionType": "CreateJob"}}, "action.jobDefinition must be an object, not missing"),
        ({"action": []}, "properties.action must be an object"),
        ({"trigger": {"triggerType": "Cron", "expression": "often"}}, "'often' is no cron expression"),
        ({"trigger": {**BODY["trigger"], "endTime": "2025-01-01T00:00:00"}}, "endTime is before its start"),
        ({"isEnabled": "perhaps"}, "properties.isEnabled must be true or false, not 'perhaps'"),
    ],
)
def test_what_is_wrong_with_a_schedule_is_said(change: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message.replace(".", r"\.")):
        read_schedule({**BODY, **change}, START)
