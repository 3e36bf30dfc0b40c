"""The verbs of serving on what is kept: releases from the first to the last step, and the way back."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from drivetrain.errors import ConflictError, NotFoundError, UnavailableError, UserError
from drivetrain.serve.model import AuthMode, DeploymentSpec, DeploymentState, Endpoint, Server
from drivetrain.serve.preparing import prepare
from drivetrain.serve.release.driver import drive
from drivetrain.serve.release.model import ReleasePlan, ReleaseState, Step
from tests.unit.serve.home import PLAN, ServingHome
from tests.unit.serve.releasing import tally

if TYPE_CHECKING:
    from pathlib import Path

MODEL = DeploymentSpec(model="m:1")


@pytest.fixture
def home(tmp_path: Path) -> ServingHome:
    return ServingHome(tmp_path)


# Releases.


def test_what_a_run_makes_is_its_projects(home: ServingHome) -> None:
    home.deploy("m")
    assert home.parts.endpoints.get("shop").project == ""
    home.verbs.deploy("other", DeploymentSpec(model="m"), PLAN, by="20261126.1", run_id=7)
    assert home.parts.endpoints.get("other").project == "shops"


def test_the_first_release_makes_the_endpoint_and_gets_all_at_once(home: ServingHome) -> None:
    ended = home.live("m:1", run_id=None)
    assert (ended.deployment, home.traffic) == ("blue", {"blue": 100})
    assert home.asked == [("shop", "blue", b"[[1]]")]
    assert home.kinds() == [
        "endpoint.created",
        "deployment.created",
        "release.started",
        "deployment.ready",
        "release.step",
        "release.finished",
    ]


def test_the_next_goes_up_step_by_step_beside_the_old_one(home: ServingHome) -> None:
    home.live("m:1")
    release = home.deploy("m:2")
    shares = [home.traffic]
    while drive(home.parts, release.id) is not None:
        home.prepare_all()
        home.later(1)
        shares += [home.traffic] if home.traffic != shares[-1] else []
    assert home.releases.get(release.id).state is ReleaseState.FINISHED
    assert shares == [{"blue": 100}, {"blue": 90, "green": 10}, {"green": 100}]
    assert [each.name for each in home.endpoints.wanted("shop").deployments] == ["blue", "green"]
    newest = home.endpoints.history("shop")[0]
    assert (newest.kind, newest.by, newest.data["models"]) == ("release.finished", "release 2", {"green": "m:2"})


def test_colours_take_turns(home: ServingHome) -> None:
    assert [home.live(f"m:{number}").deployment for number in range(1, 4)] == ["blue", "green", "blue"]
    assert home.endpoints.deployment("shop", "blue").spec.model == "m:3"
    assert home.live("m:4", name="canary").deployment == "canary"
    with pytest.raises(ConflictError, match="'Canary' has traffic of 'shop' now"):
        home.deploy("m:5", name="Canary")


def test_a_model_by_name_is_the_version_that_it_is_now(home: ServingHome) -> None:
    home.live("m")
    assert home.endpoints.deployment("shop", "blue").spec.model == "m:1"


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("unpreparable", "no module named sklearn"),
        ("crashing", "a replica ended 3 times by itself: exit code 1"),
        ("smoke", "the smoke test failed: the example was answered by 500: it broke"),
    ],
)
def test_one_that_does_not_come_up_gets_no_traffic(home: ServingHome, what: str, says: str) -> None:
    home.live("m:1")
    if what == "unpreparable":
        home.unpreparable["m:2"] = UserError("no module named sklearn")
    elif what == "crashing":
        home.fronts.crashing["green"] = "exit code 1"
    else:
        home.answers["green"] = (500, b"it broke")
    ended = home.to_the_end(home.deploy("m:2"))
    assert ended.state is ReleaseState.FAILED
    assert says in ended.reason
    assert home.traffic == {"blue": 100}
    newest = home.endpoints.history("shop")[0]
    assert (newest.kind, newest.data["reason"]) == ("release.failed", ended.reason)


def test_one_that_does_badly_is_rolled_back_by_itself(home: ServingHome) -> None:
    home.live("m:1")
    release = home.deploy("m:2")
    while home.traffic == {"blue": 100}:
        home.prepare_all()
        drive(home.parts, release.id)
    home.fronts.tallies = {"green": tally(50, 25), "blue": tally(450)}
    drive(home.parts, release.id)
    ended = home.releases.get(release.id)
    assert ended.state is ReleaseState.ROLLED_BACK
    assert ended.reason == "25 of 50 answers were errors: 50.0% (0.0% of the others)"
    assert home.traffic == {"blue": 100}
    status = home.fronts.status("shop")
    assert status is not None
    assert status.generation == home.endpoints.get("shop").generation


def test_copies_come_first_when_they_are_asked_for(home: ServingHome) -> None:
    home.live("m:1")
    plan = replace(PLAN, mirror=Step(20, 5.0), most_disagreement=0.1)
    release = home.deploy("m:2", plan)
    mirrors = [dict(home.endpoints.get("shop").mirror)]
    while drive(home.parts, release.id) is not None:
        home.prepare_all()
        home.later(1)
        mirror = dict(home.endpoints.get("shop").mirror)
        mirrors += [mirror] if mirror != mirrors[-1] else []
    assert mirrors == [{}, {"green": 20}, {}]
    assert home.traffic == {"green": 100}


def test_answers_that_differ_stop_it_before_any_caller_gets_one(home: ServingHome) -> None:
    home.live("m:1")
    release = home.deploy("m:2", replace(PLAN, mirror=Step(20, 5.0), most_disagreement=0.1))
    while not home.endpoints.get("shop").mirror:
        home.prepare_all()
        drive(home.parts, release.id)
    home.fronts.tallies = {"green": tally(mirrored=40, disagreed=20)}
    ended = home.to_the_end(release)
    assert ended.reason == "20 of 40 mirrored answers were different: 50.0%"
    assert (home.traffic, home.endpoints.get("shop").mirror) == ({"blue": 100}, {})
    assert "release.step" not in home.kinds()[-3:]


def test_one_release_at_a_time(home: ServingHome) -> None:
    home.live("m:1")
    release = home.deploy("m:2")
    with pytest.raises(ConflictError, match=f"release {release.id} of 'shop' is under way"):
        home.deploy("m:3")
    assert home.endpoints.deployment("shop", "green").spec.model == "m:2"
    with pytest.raises(ConflictError, match="is under way"):
        home.verbs.set_traffic("shop", {"blue": 100}, by="ada")


def test_what_a_release_is_about_stays_as_it_is(home: ServingHome) -> None:
    home.live("m:1")
    home.deploy("m:2")
    for name in ("GREEN", "blue"):
        with pytest.raises(ConflictError, match="is under way"):
            home.verbs.put_deployment("shop", name, MODEL, by="ada")
    assert home.verbs.put_deployment("shop", "red", MODEL, by="ada").state is DeploymentState.CREATING


def test_a_lock_is_made_for_what_is_there_only(home: ServingHome) -> None:
    for ask in (home.verbs.rollback, home.verbs.delete_endpoint):
        with pytest.raises(NotFoundError):
            ask("nobody", by="eve")
    assert not (home.storage.home.serving / "locks").exists()


def test_a_release_is_canceled_with_its_traffic(home: ServingHome) -> None:
    home.live("m:1")
    release = home.deploy("m:2")
    while home.traffic == {"blue": 100}:
        home.prepare_all()
        drive(home.parts, release.id)
    ended = home.verbs.cancel_release(release.id, by="bob")
    assert (ended.state, ended.reason, home.traffic) == (ReleaseState.ROLLED_BACK, "canceled by bob", {"blue": 100})
    with pytest.raises(ConflictError, match="has ended: rolled back"):
        home.verbs.cancel_release(release.id, by="bob")
    early = home.deploy("m:3")
    assert home.verbs.cancel_release(early.id, by="bob").state is ReleaseState.FAILED


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        (ReleasePlan(()), "steps of nothing"),
        (ReleasePlan((Step(10, 1.0),)), "steps of 10 do not lead to 100"),
        (ReleasePlan((Step(50, 1.0), Step(10, 1.0), Step(100, 1.0))), "steps of 50,10,100"),
        (ReleasePlan((Step(0, 1.0), Step(100, 1.0))), "steps of 0,100"),
        (ReleasePlan((Step(100, -1.0),)), "cannot be watched"),
        (ReleasePlan((Step(100, float("nan")),)), "cannot be watched"),
        (ReleasePlan(mirror=Step(120, 1.0)), "120% cannot be mirrored"),
    ],
)
def test_a_plan_that_leads_nowhere_is_refused(home: ServingHome, plan: ReleasePlan, says: str) -> None:
    with pytest.raises(UserError, match=says):
        home.deploy("m:1", plan)
    assert not home.endpoints.all()


def test_what_cannot_be_deployed_leaves_nothing_behind(home: ServingHome) -> None:
    with pytest.raises(NotFoundError):
        home.deploy("gone")
    with pytest.raises(UserError, match="nothing to deploy"):
        home.verbs.deploy("shop", DeploymentSpec(), PLAN, by="ada")
    with pytest.raises(UserError, match="0 instances"):
        home.verbs.deploy("shop", replace(MODEL, instances=0), PLAN, by="ada")
    home.restricted.add(4)
    with pytest.raises(UserError, match="fork's pull request"):
        home.deploy("m:1", run_id=4)
    with pytest.raises(UserError, match="is no name"):
        home.verbs.deploy("../../etc", MODEL, PLAN, by="ada")
    assert not home.endpoints.all()


# The way back.


def test_a_rollback_goes_back_and_further_back(home: ServingHome) -> None:
    home.live("m:1")
    home.live("m:2")
    home.live("m:3", name="red")
    assert home.traffic == {"red": 100}
    home.verbs.rollback("shop", by="bob", run_id=None)
    assert home.traffic == {"green": 100}
    newest = home.endpoints.history("shop")[0]
    assert (newest.kind, newest.by, newest.data["models"]) == ("rollback", "bob", {"green": "m:2"})
    assert home.verbs.rollback("shop", by="bob").traffic == {"blue": 100}
    with pytest.raises(ConflictError, match="no older state that still runs"):
        home.verbs.rollback("shop", by="bob")
    assert home.traffic == {"blue": 100}
    home.verbs.set_traffic("shop", {"red": 100}, by="ada")
    assert home.verbs.rollback("shop", by="bob").traffic == {"blue": 100}


def test_a_state_whose_deployment_is_another_by_now_is_passed_over(home: ServingHome) -> None:
    home.live("m:1")
    home.live("m:2")
    home.live("m:3")  # blue again: m:1 is gone
    assert home.verbs.rollback("shop", by="bob").traffic == {"green": 100}
    with pytest.raises(ConflictError, match="no older state"):
        home.verbs.rollback("shop", by="bob")


def test_steps_of_a_release_are_no_states_to_go_back_to(home: ServingHome) -> None:
    home.live("m:1")
    home.live("m:2")
    assert home.verbs.rollback("shop", by="bob").traffic == {"blue": 100}


def test_a_rollback_in_the_middle_of_a_release_ends_it(home: ServingHome) -> None:
    home.live("m:1")
    release = home.deploy("m:2")
    while home.traffic == {"blue": 100}:
        home.prepare_all()
        drive(home.parts, release.id)
    assert home.verbs.rollback("shop", by="bob").traffic == {"blue": 100}
    assert home.releases.get(release.id).state is ReleaseState.ROLLED_BACK


def test_traffic_that_was_taken_away_comes_back(home: ServingHome) -> None:
    home.live("m:1")
    home.verbs.set_traffic("shop", {}, by="ada")
    assert home.verbs.rollback("shop", by="bob").traffic == {"blue": 100}


def test_a_deleted_endpoint_of_the_same_name_is_no_earlier_state(home: ServingHome) -> None:
    home.live("m:1")
    home.verbs.delete_endpoint("shop", by="ada")
    assert home.fronts.status("shop") is None
    home.live("m:1")
    with pytest.raises(ConflictError, match="no older state"):
        home.verbs.rollback("shop", by="bob")


def test_a_front_that_does_not_answer_is_told_and_the_truth_is_kept(home: ServingHome) -> None:
    home.live("m:1")
    home.live("m:2")
    home.fronts.down = True
    with pytest.raises(UnavailableError, match="does not answer"):
        home.verbs.rollback("shop", by="bob")
    assert home.traffic == {"blue": 100}


# Azure's way.


def test_a_deployment_is_prepared_in_the_background(home: ServingHome) -> None:
    home.verbs.put_endpoint(Endpoint("shop", auth=AuthMode.ISSUED), by="ada")
    made = home.verbs.put_deployment("SHOP", "blue", MODEL, by="ada", run_id=None)
    assert (made.state, made.endpoint) == (DeploymentState.CREATING, "shop")
    home.prepare_all()
    assert home.endpoints.deployment("shop", "blue").state is DeploymentState.READY
    assert home.said == ["shop/blue: ", "shop/blue: preparing m:1"]
    assert home.verbs.set_traffic("shop", {"blue": 100}, by="ada").traffic == {"blue": 100}
    kinds = home.kinds()
    home.verbs.set_traffic("shop", {"blue": 100}, {}, by="ada")
    assert home.kinds()[len(kinds) :] == ["mirror"]


def test_another_number_of_instances_needs_no_preparation(home: ServingHome) -> None:
    home.live("m:1")
    kept = home.verbs.put_deployment("shop", "blue", replace(MODEL, instances=3), by="ada")
    assert kept.state is DeploymentState.READY
    status = home.fronts.status("shop")
    assert status is not None
    assert len(status.instances) == 3
    changed = home.verbs.put_deployment("shop", "blue", replace(MODEL, variables={"A": "1"}), by="ada")
    assert changed.state is DeploymentState.UPDATING


def test_what_is_asked_for_during_a_preparation_is_prepared_next(home: ServingHome) -> None:
    home.verbs.put_endpoint(Endpoint("shop"), by="ada")
    home.verbs.put_deployment("shop", "blue", MODEL, by="ada")
    asked: list[str] = []

    def meanwhile(deployment: object) -> None:
        del deployment
        if not asked:
            asked.append("again")
            home.verbs.put_deployment("shop", "blue", DeploymentSpec(model="m:2"), by="ada")

    home.before_prepared = meanwhile
    home.prepare_all()
    found = home.endpoints.deployment("shop", "blue")
    assert found.launch is not None
    assert (found.state, found.launch.command) == (DeploymentState.READY, ("serve", "m:2"))


def test_one_preparation_at_a_time(home: ServingHome) -> None:
    home.verbs.put_endpoint(Endpoint("shop"), by="ada")
    home.verbs.put_deployment("shop", "blue", MODEL, by="ada")
    began, go_on = threading.Event(), threading.Event()
    prepared: list[str] = []

    def slowly(deployment: object) -> None:
        prepared.append(str(deployment))
        began.set()
        go_on.wait()

    home.before_prepared = slowly
    first = threading.Thread(target=prepare, args=(home.parts, "shop", "blue"))
    first.start()
    began.wait()
    prepare(home.parts, "shop", "blue")
    go_on.set()
    first.join()
    assert len(prepared) == 1


@pytest.mark.parametrize(
    ("error", "says", "times"),
    [
        (UserError("the model needs Python 2", hint="train it anew"), "the model needs Python 2\ntrain it anew", 1),
        (UnavailableError("no index answers"), "no index answers", 2),
        (KeyError("x"), "an error of Drivetrain's own: KeyError: 'x'; its server's log has more", 1),
    ],
)
def test_a_preparation_that_fails_says_why(home: ServingHome, error: Exception, says: str, times: int) -> None:
    home.verbs.put_endpoint(Endpoint("shop"), by="ada")
    home.verbs.put_deployment("shop", "blue", MODEL, by="ada")
    home.unpreparable["m:1"] = error
    home.prepare_all()
    found = home.endpoints.deployment("shop", "blue")
    assert (found.state, found.problem) == (DeploymentState.FAILED, says)
    assert home.said.count("shop/blue: preparing m:1") == times
    home.unpreparable.clear()
    home.verbs.put_deployment("shop", "blue", MODEL, by="ada")
    home.prepare_all()
    assert home.endpoints.deployment("shop", "blue").state is DeploymentState.READY


def test_a_command_needs_no_model(home: ServingHome) -> None:
    home.verbs.put_endpoint(Endpoint("shop"), by="ada")
    spec = DeploymentSpec(server=Server(("serve", "{port}")))
    assert home.verbs.put_deployment("shop", "blue", spec, by="ada").state is DeploymentState.CREATING


def test_a_deployment_goes_when_nobody_needs_it(home: ServingHome) -> None:
    home.live("m:1")
    home.live("m:2")
    with pytest.raises(ConflictError):
        home.verbs.delete_deployment("shop", "green", by="ada")
    home.verbs.delete_deployment("shop", "blue", by="ada")
    status = home.fronts.status("shop")
    assert status is not None
    assert {each.deployment for each in status.instances} == {"green"}
