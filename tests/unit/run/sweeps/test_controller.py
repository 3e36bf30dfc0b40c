from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from drivetrain.definition.azureml.sweep.model import (
    Algorithm,
    Distribution,
    Objective,
    Policy,
    PolicyKind,
    Sampling,
    Shape,
    Sweep,
    SweepLimits,
)
from drivetrain.errors import UserError
from drivetrain.plan.azureml.model import OutputTask, Place, TrackedRun, WorkspacePlace
from drivetrain.plan.azureml.sweep.model import SweepTask
from drivetrain.run.sweeps.controller import Controller
from drivetrain.run.sweeps.model import TrialState
from drivetrain.run.sweeps.trial_body import trial_body

if TYPE_CHECKING:
    from collections.abc import Mapping

SWEEP = Sweep(
    {"x": Distribution(Shape.CHOICE, choices=(1, 2, 3, 4))},
    Objective("score", maximize=True),
    Sampling(Algorithm.GRID),
    SweepLimits(10, 2),
)
TASK = SweepTask(
    TrackedRun("sweepy", "tuning", "1"),
    WorkspacePlace("guid", "/subscriptions/s", "s", "g", "w"),
    "Tuning",
    SWEEP,
    {"command": "python t.py ${{inputs.x}}", "inputs": {"d": {"jobInputType": "uri_folder", "uri": "azureml:d:1"}}},
    outputs={"model": OutputTask("uri_folder", Place("azureml://x", "/somewhere"))},
)


class Workspace:
    """Jobs as a server has them."""

    def __init__(self) -> None:
        self.jobs: dict[str, dict[str, Any]] = {}
        self.logged: dict[str, tuple[float, ...]] = {}
        self.canceled: list[str] = []

    def job(self, name: str) -> Mapping[str, Any] | None:
        return self.jobs.get(name)

    def create(self, name: str, properties: Mapping[str, Any]) -> None:
        assert name not in self.jobs, "a trial is begun once"
        self.jobs[name] = {**properties, "status": "Running", "createdAt": "2026-01-01T00:00:00.000Z"}

    def cancel(self, name: str) -> None:
        self.canceled.append(name)

    def values(self, run_id: str, metric: str) -> tuple[float, ...]:
        assert metric == "score"
        return self.logged.get(run_id, ())

    def end(self, name: str, *values: float, status: str = "Completed") -> None:
        self.jobs[name]["status"] = status
        self.logged[name] = values


class At:
    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


CLOCK = At(datetime(2026, 1, 1, tzinfo=UTC))


def controller_of(workspace: Workspace, task: SweepTask = TASK, clock: At = CLOCK) -> tuple[Controller, list[str]]:
    told: list[str] = []
    return Controller(task, workspace, clock, told.append), told


def test_trials_are_begun_as_there_is_room_until_the_grid_is_done() -> None:
    workspace = Workspace()
    controller, told = controller_of(workspace)
    assert not controller.step()
    assert list(workspace.jobs) == ["sweepy_0", "sweepy_1"]
    for number in itertools.count():
        if f"sweepy_{number}" not in workspace.jobs:
            break
        workspace.end(f"sweepy_{number}", 0.1 * number)
        done = controller.step()
    assert done
    assert list(workspace.jobs) == [f"sweepy_{number}" for number in range(4)]
    best = controller.best()
    assert best is not None
    assert (best.number, best.parameters) == (3, {"x": 4})
    assert "Trial 3: completed, score 0.3" in told


def test_a_trial_is_a_command_job_of_the_sweep() -> None:
    body = trial_body(replace(TASK, sweep=replace(SWEEP, limits=SweepLimits(trial_timeout=90))), 2, {"x": 3})
    assert body["inputs"] == {
        "d": {"jobInputType": "uri_folder", "uri": "azureml:d:1"},
        "x": {"jobInputType": "literal", "value": "3"},
    }
    assert body["parentJobName"] == "sweepy"
    assert body["displayName"] == "Tuning_2"
    assert body["tags"] == {"hyperparameters": '{"x": 3}'}
    assert body["limits"]["timeout"] == "PT90S"
    assert body["outputs"] == {"model": {"jobOutputType": "uri_folder", "mode": "ReadWriteMount"}}


def test_a_controller_that_comes_back_goes_on_with_the_trials_that_there_are() -> None:
    workspace = Workspace()
    first, _ = controller_of(workspace)
    first.step()
    workspace.end("sweepy_0", 0.9)
    second, told = controller_of(workspace)
    second.take_over()
    assert not second.step()
    assert list(workspace.jobs) == ["sweepy_0", "sweepy_1", "sweepy_2"]
    assert [trial.state for trial in second.trials] == [
        TrialState.COMPLETED, TrialState.RUNNING, TrialState.RUNNING,
    ]  # fmt: skip
    assert "2 trials have been begun before." in told


def test_a_job_that_is_no_trial_is_not_taken_for_one() -> None:
    workspace = Workspace()
    workspace.create("sweepy_0", {"command": "echo"})
    with pytest.raises(UserError, match="which is no trial of the sweep"):
        controller_of(workspace)[0].take_over()


def test_losers_are_given_up_once_and_count_as_over_when_they_are() -> None:
    workspace = Workspace()
    task = replace(TASK, sweep=replace(SWEEP, policy=Policy(PolicyKind.BANDIT, slack_amount=0.1)))
    controller, told = controller_of(workspace, task)
    controller.step()
    workspace.logged = {"sweepy_0": (0.9,), "sweepy_1": (0.1,)}
    controller.step()
    controller.step()
    assert workspace.canceled == ["sweepy_1"]
    assert "Trial 1: given up" in told
    workspace.end("sweepy_1", 0.1, status="Canceled")
    controller.step()
    assert "sweepy_2" in workspace.jobs


def test_when_its_time_is_up_a_sweep_ends_its_trials_also_after_a_restart() -> None:
    workspace = Workspace()
    task = replace(TASK, sweep=replace(SWEEP, limits=SweepLimits(10, 2, timeout=60)))
    clock = At(CLOCK.moment)
    controller_of(workspace, task, clock)[0].step()
    clock.moment += timedelta(seconds=61)
    controller, _ = controller_of(workspace, task, clock)
    controller.take_over()
    assert not controller.step()
    assert workspace.canceled == ["sweepy_0", "sweepy_1"]
    workspace.end("sweepy_0", status="Canceled")
    workspace.end("sweepy_1", status="Canceled")
    assert controller.step()


def test_a_trial_that_somebody_has_deleted_is_over() -> None:
    workspace = Workspace()
    controller, _ = controller_of(workspace)
    controller.step()
    del workspace.jobs["sweepy_0"]
    controller.step()
    assert controller.trials[0].state is TrialState.CANCELED
    assert controller.best() is None


def test_canceling_ends_what_runs() -> None:
    workspace = Workspace()
    controller, _ = controller_of(workspace)
    controller.step()
    workspace.end("sweepy_0", 1.0)
    controller.step()
    controller.cancel()
    assert workspace.canceled == ["sweepy_1", "sweepy_2"]
