"""What a release does next: every state with everything that may be the case, and what holds whatever happens."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from drivetrain.clock import timestamp
from drivetrain.serve.model import DeploymentState, InstanceState, Status, Tally
from drivetrain.serve.release.actions import Back, Fail, Finish, Mirror, Shift, Smoke, Smoked, Wait, Warm
from drivetrain.serve.release.model import ReleasePlan, ReleaseState, Step
from drivetrain.serve.release.next import next_action, percent_now
from tests.unit.serve.releasing import NOW, deployment, facts, instance, release, tally

if TYPE_CHECKING:
    from drivetrain.serve.release.actions import Action, Facts
    from drivetrain.serve.release.model import Release

PREPARING, WARMING, SMOKE = ReleaseState.PREPARING, ReleaseState.WARMING, ReleaseState.SMOKE
MIRRORING, SHIFTING = ReleaseState.MIRRORING, ReleaseState.SHIFTING
CREATING, FAILED = DeploymentState.CREATING, DeploymentState.FAILED
COPIES = ReleasePlan(mirror=Step(20, 10.0), most_disagreement=0.05)
ALONE: dict[str, int] = {}


@pytest.mark.parametrize(
    ("state", "age", "known", "then"),
    [
        # preparing
        (PREPARING, 1, facts(of=deployment(CREATING)), Wait("green is being prepared")),
        (PREPARING, 1, facts(of=deployment(FAILED, "no such model")), Fail("no such model")),
        (PREPARING, 1, facts(front=False), Warm()),
        (PREPARING, 3601, facts(of=deployment(CREATING)), Fail("it was not prepared within 3600 s")),
        (PREPARING, 1, facts(gone=True), Fail("the deployment 'green' was deleted")),
        (PREPARING, 1, facts(of=deployment(DeploymentState.DELETING)), Fail("the deployment 'green' was deleted")),
        # warming
        (WARMING, 1, facts(), Wait("0 of 1 replicas of green are ready")),
        (WARMING, 1, facts(instance(InstanceState.STARTING)), Wait("0 of 1 replicas of green are ready")),
        (WARMING, 1, facts(instance(), of=deployment(instances=2)), Wait("1 of 2 replicas of green are ready")),
        (WARMING, 1, facts(instance(), generation=4), Wait("0 of 1 replicas of green are ready")),
        (WARMING, 1, facts(instance(), front=False), Wait("0 of 1 replicas of green are ready")),
        (WARMING, 1, facts(instance()), Smoke()),
        (WARMING, 311, facts(), Fail("0 of 1 replicas were ready within 310 s")),
        (WARMING, 311, facts(instance(InstanceState.UNREADY, 0, "probe 500")),
         Fail("0 of 1 replicas were ready within 310 s: probe 500")),
        (WARMING, 1, facts(instance(InstanceState.WAITING, 3, "exit code 1")),
         Fail("a replica ended 3 times by itself: exit code 1")),
        (WARMING, 1, facts(instance(InstanceState.WAITING, 2, "exit code 1")),
         Wait("0 of 1 replicas of green are ready")),
        (WARMING, 1, facts(instance(InstanceState.READY, 3, "exit code 1")), Smoke()),
        (WARMING, 1, facts(replace(instance(), build=6)), Wait("0 of 1 replicas of green are ready")),
        # smoke test
        (SMOKE, 1, facts(instance()), Smoke()),
        (SMOKE, 311, facts(instance()), Fail("the smoke test did not end")),
        (SMOKE, 1, replace(facts(), smoked=Smoked("500")), Fail("the smoke test failed: 500")),
        (SMOKE, 1, replace(facts(), smoked=Smoked()), Shift(0, {"blue": 90, "green": 10})),
        # shifting
        (SHIFTING, 1, facts(instance()), Wait("green has 10% for 9 s more")),
        (SHIFTING, 10, facts(instance()), Shift(1, {"blue": 50, "green": 50})),
        (SHIFTING, 10, facts(instance(), generation=4), Wait("its front does not answer yet")),
        (SHIFTING, 10, facts(front=False), Wait("its front does not answer yet")),
        (SHIFTING, 311, facts(front=False), Back("its front does not answer")),
        (SHIFTING, 1, facts(gone=True), Back("the deployment 'green' was deleted")),
        (SHIFTING, 1, facts(instance(InstanceState.WAITING, 3, "SIGKILL")),
         Back("a replica ended 3 times by itself: SIGKILL")),
        # errors
        (SHIFTING, 1, facts(green=tally(100, 1)), Wait("green has 10% for 9 s more")),
        (SHIFTING, 1, facts(green=tally(100, 2)), Back("2 of 100 answers were errors: 2.0%")),
        (SHIFTING, 1, facts(green=tally(100, 2), blue=tally(100, 1)), Wait("green has 10% for 9 s more")),
        (SHIFTING, 1, facts(green=tally(100, 3), blue=tally(100, 1)),
         Back("3 of 100 answers were errors: 3.0% (1.0% of the others)")),
        # few requests: errors count once there are many of them, or when the time is over
        (SHIFTING, 1, facts(green=tally(5, 1)), Wait("green has 10% for 9 s more")),
        (SHIFTING, 1, facts(green=tally(5, 3)), Back("3 of 5 answers were errors: 60.0%")),
        (SHIFTING, 10, facts(green=tally(5, 1)), Back("1 of 5 answers were errors: 20.0%")),
        (SHIFTING, 10, facts(green=tally(5)), Shift(1, {"blue": 50, "green": 50})),
        # latency
        (SHIFTING, 1, facts(green=tally(20, within=0.1), blue=tally(20, within=0.01)),
         Back("it is slower: 95% were answered within 100 ms, of the others within 10 ms")),
        (SHIFTING, 1, facts(green=tally(20, within=0.025), blue=tally(20, within=0.01)),
         Wait("green has 10% for 9 s more")),
        (SHIFTING, 1, facts(green=tally(19, within=10.0), blue=tally(20, within=0.01)),
         Wait("green has 10% for 9 s more")),
        (SHIFTING, 1, facts(green=tally(20, within=10.0), blue=tally(19, within=0.01)),
         Wait("green has 10% for 9 s more")),
    ],
)  # fmt: skip
def test_each_state_goes_on_by_what_is_known(state: ReleaseState, age: float, known: Facts, then: Action) -> None:
    assert next_action(release(age, state=state), known, NOW) == then


@pytest.mark.parametrize(
    ("given", "age", "known", "then"),
    [
        ({"state": SHIFTING, "step": 2}, 10, facts(instance(), green=tally(50)), Finish()),
        ({"state": SHIFTING, "step": 2}, 10, facts(front=False), Wait("its front does not answer yet")),
        ({"state": SHIFTING, "step": 2}, 10, facts(green=tally(50, 50)), Back("50 of 50 answers were errors: 100.0%")),
        # nothing else has traffic: all at once
        ({"state": SMOKE, "before": ALONE}, 1, replace(facts(), smoked=Smoked()), Shift(2, {"green": 100})),
        ({"state": SMOKE, "before": ALONE, "plan": COPIES}, 1, replace(facts(), smoked=Smoked()),
         Shift(2, {"green": 100})),
        ({"state": SHIFTING, "step": 2, "before": ALONE}, 0, facts(instance()), Finish()),
        ({"state": SHIFTING, "step": 2, "before": ALONE}, 0, facts(green=tally(3, 3)),
         Back("3 of 3 answers were errors: 100.0%")),
        # no smoke test
        ({"state": WARMING, "plan": ReleasePlan(smoke=False)}, 1, facts(instance()),
         Shift(0, {"blue": 90, "green": 10})),
        # copies
        ({"state": SMOKE, "plan": COPIES}, 1, replace(facts(), smoked=Smoked()), Mirror(20)),
        ({"state": MIRRORING, "plan": COPIES}, 1, facts(instance()), Wait("green gets copies of 20% for 9 s more")),
        ({"state": MIRRORING, "plan": COPIES}, 10, facts(instance()), Shift(0, {"blue": 90, "green": 10})),
        ({"state": MIRRORING, "plan": COPIES}, 10, facts(front=False), Wait("its front does not answer yet")),
        ({"state": MIRRORING, "plan": COPIES}, 1, facts(green=tally(mirrored=100, disagreed=6)),
         Back("6 of 100 mirrored answers were different: 6.0%")),
        ({"state": MIRRORING, "plan": COPIES}, 1, facts(green=tally(mirrored=19, disagreed=19)),
         Wait("green gets copies of 20% for 9 s more")),
        # since the step began, not before
        ({"state": SHIFTING, "baseline": {"green": tally(90, 50)}}, 1, facts(green=tally(190, 51)),
         Wait("green has 10% for 9 s more")),
        ({"state": SHIFTING, "baseline": {"green": tally(90, 0)}}, 1, facts(green=tally(190, 50)),
         Back("50 of 100 answers were errors: 50.0%")),
        # a front that was started anew counts from nothing
        ({"state": SHIFTING, "baseline": {"green": tally(900, 0)}}, 1, facts(green=tally(50, 50)),
         Back("50 of 50 answers were errors: 100.0%")),
        # rules of the plan
        ({"state": SHIFTING, "plan": ReleasePlan(slower=0.0)}, 1,
         facts(green=tally(99, within=10.0), blue=tally(99, within=0.001)), Wait("green has 10% for 9 s more")),
        ({"state": SHIFTING, "plan": ReleasePlan(most_errors=0.5)}, 1, facts(green=tally(100, 50)),
         Wait("green has 10% for 9 s more")),
    ],
)  # fmt: skip
def test_plans_and_baselines_count(given: dict[str, Any], age: float, known: Facts, then: Action) -> None:
    assert next_action(release(age, **given), known, NOW) == then


def test_one_that_has_fallen_asleep_was_warm() -> None:
    known = facts(of=deployment(sleeps_after=5.0))
    assert known.status is not None
    asleep = replace(known, status=replace(known.status, asleep=("green",)))
    assert next_action(release(1, state=WARMING), asleep, NOW) == Smoke()


def test_the_share_of_now_is_by_the_step() -> None:
    assert percent_now(release(state=PREPARING)) == 0
    assert percent_now(release(state=SHIFTING, step=1)) == 50
    assert percent_now(release(state=SHIFTING, step=2, before=ALONE)) == 100
    assert percent_now(release(state=ReleaseState.FINISHED)) == 100


# Whatever happens.

STEPS = st.lists(st.integers(1, 99), unique=True, max_size=4).map(sorted)
PLANS = st.builds(
    lambda percents, seconds, mirror, smoke: ReleasePlan(
        tuple(Step(percent, seconds) for percent in (*percents, 100)), mirror, smoke=smoke
    ),
    STEPS,
    st.sampled_from([0.0, 5.0, 30.0]),
    st.sampled_from([None, Step(20, 10.0)]),
    st.booleans(),
)
TALLIES = st.builds(
    tally,
    st.integers(0, 60),
    st.integers(0, 60),
    st.sampled_from([0.001, 0.01, 1.0]),
    st.integers(0, 60),
    st.integers(0, 60),
)
INSTANCES = st.builds(instance, st.sampled_from(list(InstanceState)), st.integers(0, 4))
DEPLOYMENTS = st.builds(deployment, st.sampled_from([CREATING, *[DeploymentState.READY] * 4, FAILED]))
MOMENTS = st.tuples(
    st.builds(
        lambda instances, of, front, generation, green, blue: facts(
            *instances, of=of, front=front, generation=generation, green=green, blue=blue
        ),
        st.lists(INSTANCES, max_size=2),
        DEPLOYMENTS,
        st.sampled_from([True, True, True, False]),
        st.sampled_from([5, 5, 5, 4]),
        TALLIES,
        TALLIES,
    ),
    st.sampled_from([0.1, 5.0, 31.0, 400.0]),
    st.sampled_from([Smoked(), Smoked(), Smoked("500")]),
)


def moved(was: Release, action: Action, now: str, status: Status | None) -> Release:
    """As the driver keeps it."""
    here = replace(was, since=now, baseline=status.tallies if status is not None else {})
    match action:
        case Warm():
            return replace(here, state=WARMING)
        case Smoke():
            return replace(here, state=SMOKE)
        case Mirror():
            return replace(here, state=MIRRORING)
        case Shift(step, _):
            return replace(here, state=SHIFTING, step=step)
        case Finish():
            return replace(here, state=ReleaseState.FINISHED)
        case Back():
            return replace(here, state=ReleaseState.ROLLED_BACK)
        case Fail():
            return replace(here, state=ReleaseState.FAILED)
        case _:
            return was


@given(PLANS, st.sampled_from([{"blue": 100}, {"blue": 60, "red": 40}, {}]), st.lists(MOMENTS, max_size=40))
def test_it_keeps_its_promises_whatever_happens(
    plan: ReleasePlan, before: dict[str, int], moments: list[tuple[Facts, float, Smoked]]
) -> None:
    at, now = release(plan=plan, before=before), NOW
    warmed = tried = False
    share = 0
    for known, seconds, smoked in moments:
        now += timedelta(seconds=seconds)
        action = next_action(at, known, now)
        if isinstance(action, Smoke) and at.state is SMOKE:
            tried = not smoked.problem
            action = next_action(at, replace(known, smoked=smoked), now)
        warmed |= at.state is WARMING and isinstance(action, Smoke | Mirror | Shift)
        if isinstance(action, Shift):
            assert sum(action.traffic.values()) == 100
            assert warmed, "traffic before it was warm"
            assert tried or not plan.smoke, "traffic before it was tried"
            assert action.traffic.get("green", 0) > share
            share = action.traffic["green"]
            assert not _bad(at, known), "more traffic after a bad step"
        if isinstance(action, Finish):
            assert share == 100
        if isinstance(action, Fail):
            assert at.state in {PREPARING, WARMING, SMOKE}
        at = moved(at, action, timestamp(now), known.status)
        if not at.under_way:
            return


def _bad(at: Release, known: Facts) -> bool:
    """More errors than any plan here allows, of enough requests, since the step began."""
    if at.state is not SHIFTING or known.status is None or known.status.generation < 5:
        return False
    new, old = known.status.tallies["green"], known.status.tallies["blue"]
    then = at.baseline
    fresh = new.requests < then.get("green", Tally()).requests or new.mirrored < then.get("green", Tally()).mirrored
    asked = new.requests if fresh else new.requests - then.get("green", Tally()).requests
    wrong = new.errors if fresh else max(0, new.errors - then.get("green", Tally()).errors)
    return not old.errors and asked >= at.plan.least_requests and wrong > asked * at.plan.most_errors


@given(PLANS, st.sampled_from([{"blue": 100}, {}]), MOMENTS)
def test_it_always_ends(plan: ReleasePlan, before: dict[str, int], moment: tuple[Facts, float, Smoked]) -> None:
    """However things are, when they stay so and time goes by."""
    known, _, smoked = moment
    at, now = release(plan=plan, before=before), NOW
    for _ in range(60):
        now += timedelta(seconds=400)
        action = next_action(at, known, now)
        if isinstance(action, Smoke) and at.state is SMOKE:
            action = next_action(at, replace(known, smoked=smoked), now)
        at = moved(at, action, timestamp(now), known.status)
        if not at.under_way:
            return
    pytest.fail(f"it is still {at.state}")
