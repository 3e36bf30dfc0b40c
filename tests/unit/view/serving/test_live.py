from __future__ import annotations

from typing import Any

import pytest

from drivetrain.serve.model import Deployment, DeploymentSpec, Endpoint, HistoryEntry
from drivetrain.serve.release.model import Release, ReleasePlan
from drivetrain.view.serving.live import goes_back_to, live, split_words, words


def deployment(name: str, model: str = "churn:1", build: int = 0, run_id: int | None = None) -> Deployment:
    return Deployment("shop", name, DeploymentSpec(model=model), build=build, run_id=run_id)


def entry(number: int, traffic: dict[str, int], by: str = "owner", kind: str = "traffic", **data: Any) -> HistoryEntry:
    return HistoryEntry(number, f"at {number}", "shop", kind, by, data={"traffic": traffic, **data})


SHOP = Endpoint("shop", traffic={"green": 90, "Blue": 10, "old": 0})


def test_those_with_traffic_are_live_the_most_of_it_first() -> None:
    found = live(SHOP, [deployment("blue"), deployment("green"), deployment("old"), deployment("new")], [])
    assert [(each.deployment.name, each.percent) for each in found] == [("green", 90), ("blue", 10)]
    assert found[0].since == ""


def test_it_is_live_since_it_got_traffic_without_a_break() -> None:
    history = [
        entry(6, {"green": 90, "blue": 10}),
        HistoryEntry(5, "at 5", "shop", "keys", "owner"),
        entry(4, {"green": 50, "blue": 50}, "release 7", run_id=3),
        entry(3, {"blue": 100}, "ada"),
        entry(2, {"green": 100}, "bob"),
    ]
    green, blue = live(SHOP, [deployment("green", run_id=12), deployment("blue")], history)
    assert (green.since, green.by, green.release, green.run_id) == ("at 4", "release 7", 7, 12)
    assert (blue.since, blue.by, blue.release) == ("at 3", "ada", None)


@pytest.mark.parametrize("said", [{"builds": {"green": 4}}, {"models": {"green": "churn:1"}}])
def test_another_model_under_the_same_name_is_not_it(said: dict[str, Any]) -> None:
    history = [
        entry(3, {"green": 100}, "ada", builds={"green": 5}, models={"green": "churn:2"}),
        entry(2, {"green": 100}, **said),
    ]
    (green,) = live(Endpoint("shop", traffic={"green": 100}), [deployment("green", "churn:2", build=5)], history)
    assert (green.since, green.by) == ("at 3", "ada")


def test_what_is_no_mapping_in_the_history_says_nothing() -> None:
    history = [entry(3, {"green": 100}), HistoryEntry(2, "at 2", "shop", "traffic", "x", data={"traffic": "<b>"})]
    (green,) = live(Endpoint("shop", traffic={"green": 100}), [deployment("green")], history)
    assert green.since == "at 3"


def test_a_rollback_of_a_release_brings_what_was_before_it() -> None:
    release = Release(1, "shop", "green", ReleasePlan(), {"blue": 100, "old": 0})
    back = goes_back_to(release, [deployment("blue", "churn:3")], [])
    assert back is not None
    assert (back.traffic, back.models) == ({"blue": 100}, {"blue": "churn:3"})


def test_there_may_be_nothing_to_go_back_to() -> None:
    assert goes_back_to(None, [deployment("blue")], [entry(1, {"blue": 100})]) is None


def test_the_history_is_told_in_words() -> None:
    assert words(entry(1, {}, deployment="blue", kind="deployment.failed")) == "Deployment failed: blue"
    assert words(entry(1, {}, kind="something.new")) == "something.new"
    assert split_words({"blue": 10, "green": 90, "old": 0}) == "green 90 %, blue 10 %"
    assert split_words({}) == "no traffic"
