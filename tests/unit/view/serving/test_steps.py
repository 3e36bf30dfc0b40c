from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from drivetrain.clock import parse_timestamp
from drivetrain.serve.model import Deployment, DeploymentSpec, DeploymentState, Endpoint, Status, Tally, Wanted
from drivetrain.serve.release.actions import Facts
from drivetrain.serve.release.model import Release, ReleasePlan, ReleaseState, Step
from drivetrain.view.serving.steps import steps, watched, why

AT = "2026-01-02T03:04:05.000Z"
PLAN = ReleasePlan((Step(10, 10.0), Step(100, 20.0)), mirror=Step(5, 30.0))
RELEASE = Release(1, "shop", "green", PLAN, {"blue": 100}, since=AT)
GREEN = Deployment("shop", "green", DeploymentSpec(), DeploymentState.READY)
STATES = ReleaseState


def status(**tallies: Tally) -> Status:
    return Status(1, 1, "http://127.0.0.1:1", AT, tallies=tallies)


def facts(state: DeploymentState = DeploymentState.READY, said: Status | None = None) -> Facts:
    return Facts(Wanted(Endpoint("shop"), (), ()), replace(GREEN, state=state), said)


@pytest.mark.parametrize(
    ("state", "step", "icons"),
    [
        (STATES.PREPARING, 0, "running pending pending pending pending pending"),
        (STATES.SMOKE, 0, "succeeded succeeded running pending pending pending"),
        (STATES.MIRRORING, 0, "succeeded succeeded succeeded running pending pending"),
        (STATES.SHIFTING, 0, "succeeded succeeded succeeded succeeded running pending"),
        (STATES.SHIFTING, 1, "succeeded succeeded succeeded succeeded succeeded running"),
        (STATES.FINISHED, 1, "succeeded succeeded succeeded succeeded succeeded succeeded"),
        (STATES.ROLLED_BACK, 0, "succeeded succeeded succeeded succeeded failed skipped"),
        (STATES.FAILED, 0, "skipped skipped skipped skipped skipped skipped"),
    ],
)
def test_every_step_has_its_sign(state: ReleaseState, step: int, icons: str) -> None:
    found = steps(replace(RELEASE, state=state, step=step), "reasons")
    assert " ".join(each.icon for each in found) == icons
    assert [each.why for each in found if each.icon == "running"] == ["reasons"] * icons.count("running")


def test_a_plan_without_mirror_and_smoke_has_no_such_steps() -> None:
    plan = replace(PLAN, mirror=None, smoke=False)
    assert len(steps(replace(RELEASE, plan=plan), "")) == 4


def test_what_is_prepared_says_how_far_it_is() -> None:
    now = parse_timestamp(AT)
    preparing = facts(DeploymentState.CREATING)
    assert why(RELEASE, preparing, now, ["uv", "converting"]) == "converting"
    assert why(RELEASE, preparing, now) == "green is being prepared"


def test_what_is_watched_says_for_how_long() -> None:
    release = replace(RELEASE, state=STATES.SHIFTING)
    now = parse_timestamp(AT) + timedelta(seconds=4)
    assert why(release, facts(said=status(blue=Tally())), now) == "green has 10% for 6 s more"
    assert why(release, Facts(Wanted(Endpoint("shop"), (), ()), None, None), now) == "is about to be rolled back"
    assert why(replace(release, state=STATES.FINISHED), facts(), now) == ""


def test_both_sides_are_counted_from_the_beginning_of_the_step() -> None:
    release = replace(RELEASE, state=STATES.SHIFTING, baseline={"blue": Tally(100, 1)})
    said = status(blue=Tally(140, 3), green=Tally(8, 0, mirrored=4, disagreed=1))
    found = watched(release, said, parse_timestamp(AT) + timedelta(seconds=10))
    assert found is not None
    assert (found.new.figures.requests, found.old.figures.requests) == (8, 40)
    assert (found.old.figures.errors, found.new.figures.per_second, found.disagreement) == (0.05, 0.8, 0.25)


def test_nobody_watches_what_has_no_traffic() -> None:
    assert watched(RELEASE, status(), parse_timestamp(AT)) is None
    assert watched(replace(RELEASE, state=STATES.SHIFTING), None, parse_timestamp(AT)) is None
