"""Sweeps of azure-ai-ml: grid, random with a policy, Bayesian, as a step of a pipeline job, canceled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.azure.conftest import SUBSCRIPTION

if TYPE_CHECKING:
    from collections.abc import Callable


def best_of(found: dict[str, Any]) -> float:
    """The value of the trial that the sweep names as its best."""
    return float(found["values"][found["best"].rpartition("_")[2]])


@pytest.mark.slow
def test_sweeps_try_give_up_and_find_the_best(client: Callable[..., Any]) -> None:
    found = client("ml", "ml_sweeps.py", SUBSCRIPTION, "sweeps")

    grid = found["grid"]
    assert (grid["type"], grid["status"]) == ("sweep", "Completed")
    assert sorted(grid["values"].values()) == [-1, 0.1, 0.5, 0.9]
    assert {grid["values"][n]: status for n, status in grid["trials"].items()} == {
        0.1: "Completed", 0.9: "Completed", 0.5: "Completed", -1: "Failed",
    }  # fmt: skip
    assert best_of(grid) == 0.9

    assert found["pipeline"]["status"] == "Completed"
    assert best_of(found["pipeline"]["sweep"]) == 0.8
    assert found["shown"].strip() == "0.8"  # the step after the sweep has read the outputs of its best trial

    bandit = found["bandit"]
    assert bandit["status"] == "Completed"
    by_value = sorted((bandit["values"][n], status) for n, status in bandit["trials"].items())
    assert len(by_value) == 4
    assert all(status == "Canceled" for value, status in by_value if value < 0.5)  # they would run for a minute
    assert best_of(bandit) == by_value[-1][0]

    bayesian = found["bayesian"]
    assert bayesian["status"] == "Completed"
    assert len(set(bayesian["values"].values())) == 4
    assert best_of(bayesian) == max(bayesian["values"].values()) == float(found["best"])

    assert found["canceled"]["status"] == "Canceled"
    assert found["canceled"]["trials"] == {"0": "Canceled", "1": "Canceled"}
    assert found["canceled"]["best"] is None
    assert all(word in found["wrong"] for word in ("properties.searchSpace.x", "max_value is less than min_value"))


@pytest.mark.slow
def test_schedules_make_jobs_once_at_their_times(client: Callable[..., Any]) -> None:
    found = client("ml", "ml_schedules.py", SUBSCRIPTION, "schedules")
    assert found["made"] == ["Succeeded", True]
    assert found["fired"]["status"] == "Completed"
    assert found["fired"]["name"].startswith("often-")
    assert len(set(found["jobs"])) == len(found["jobs"])
    assert found["disabled"] == {"enabled": [], "all": ["often"], "is_enabled": False}
    assert found["by hand"] == "yearly-20260102T030405Z"
    assert found["inputs"] == {"lr": "0.9", "when": "2026-01-02T03:04:05Z"}
    assert "has made its job" in found["twice"]
    assert found["left"] == ["yearly"]
    assert "properties.trigger.timeZone" in found["wrong"]
