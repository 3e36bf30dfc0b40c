"""A release as its page shows it: what is done, what goes on, why it waits, and how the new deployment does. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.clock import parse_timestamp
from drivetrain.serve.model import Tally
from drivetrain.serve.release.actions import Back, Fail, Finish, Smoke, Wait
from drivetrain.serve.release.model import ReleaseState
from drivetrain.serve.release.next import next_action
from drivetrain.serve.tallies import since
from drivetrain.view.serving.figures import added, figures

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from drivetrain.serve.model import Status
    from drivetrain.serve.release.actions import Facts
    from drivetrain.serve.release.model import Release, Step
    from drivetrain.view.serving.figures import Figures

_ORDER = [
    ReleaseState.PREPARING,
    ReleaseState.WARMING,
    ReleaseState.SMOKE,
    ReleaseState.MIRRORING,
    ReleaseState.SHIFTING,
    ReleaseState.FINISHED,
]


class StepView(Struct, frozen=True):
    """One step, past, present or to come."""

    icon: str
    """Of its state: `succeeded`, `running`, `pending`, `failed`, `skipped`."""
    word: str
    title: str
    why: str = ""
    """What it waits for now."""


class Side(Struct, frozen=True):
    """How one side of a release has done since the step began."""

    name: str
    figures: Figures


class Watched(Struct, frozen=True):
    """The new deployment beside the old ones, since the step began."""

    new: Side
    old: Side
    disagreement: float | None
    """Share of mirrored answers that differed; None when there were none."""
    limits: tuple[str, ...]
    """What the plan asks for, in words."""


def steps(release: Release, waits_for: str) -> list[StepView]:
    """Every step of a release, in order; `waits_for` of the one that goes on."""
    plan = release.plan
    entries = [(ReleaseState.PREPARING, 0, "Prepare the files and the environment")]
    entries.append((ReleaseState.WARMING, 0, "Start replicas and warm them up"))
    if plan.smoke:
        entries.append((ReleaseState.SMOKE, 0, "Send the model's own example"))
    if plan.mirror:
        entries.append((ReleaseState.MIRRORING, 0, f"Mirror {plan.mirror.percent} % for {plan.mirror.seconds:g} s"))
    for number, step in enumerate(plan.steps):
        entries.append((ReleaseState.SHIFTING, number, f"{step.percent} % of the traffic for {step.seconds:g} s"))
    return [_step(release, state, number, title, waits_for) for state, number, title in entries]


def _step(release: Release, state: ReleaseState, number: int, title: str, waits_for: str) -> StepView:
    here = (_ORDER.index(state), number)
    if not release.under_way:
        return _ended(release, here, title)
    at = (_ORDER.index(release.state), release.step)
    if here < at:
        return StepView("succeeded", "Done", title)
    if here > at:
        return StepView("pending", "To come", title)
    return StepView("running", "Now", title, waits_for)


def _ended(release: Release, here: tuple[int, int], title: str) -> StepView:
    if release.state is ReleaseState.FINISHED:
        return StepView("succeeded", "Done", title)
    shifted = _ORDER.index(ReleaseState.SHIFTING)
    if release.state is ReleaseState.FAILED:
        return StepView("skipped", "Not reached", title) if here[0] >= shifted else StepView("skipped", "Ended", title)
    if here[0] < shifted or here[1] < release.step:
        return StepView("succeeded", "Done", title)
    return (
        StepView("failed", "Ended here", title)
        if here[1] == release.step
        else StepView("skipped", "Not reached", title)
    )


def why(release: Release, facts: Facts, now: datetime, said: Sequence[str] = ()) -> str:
    """What a release waits for, in words, by the same rule that moves it on; `said` of its preparation."""
    if not release.under_way:
        return ""
    if release.state is ReleaseState.PREPARING and said:
        return said[-1][:300]
    action = next_action(release, facts, now)
    return action.why if isinstance(action, Wait) else _ABOUT_TO.get(type(action), "goes on")


_ABOUT_TO = {
    Smoke: "waits for the answer to the example",
    Back: "is about to be rolled back",
    Fail: "is about to be given up",
    Finish: "is about to finish",
}


def current(release: Release) -> Step | None:
    """The step that is being watched."""
    if release.state is ReleaseState.MIRRORING:
        return release.plan.mirror
    steps = release.plan.steps
    return steps[release.step] if release.state is ReleaseState.SHIFTING and release.step < len(steps) else None


def watched(release: Release, status: Status | None, now: datetime) -> Watched | None:
    """How the new deployment does beside the old ones; None while nobody watches it."""
    if current(release) is None or status is None or not release.since:
        return None
    seconds = (now - parse_timestamp(release.since)).total_seconds()
    gained = {name: since(tally, release.baseline.get(name, Tally())) for name, tally in status.tallies.items()}
    new = added(tally for name, tally in gained.items() if name.lower() == release.deployment.lower())
    rest = {name: tally for name, tally in gained.items() if name.lower() != release.deployment.lower()}
    share = new.disagreed / new.mirrored if new.mirrored else None
    return Watched(
        Side(release.deployment, figures(new, seconds)),
        Side(", ".join(sorted(rest)) or "none", figures(added(rest.values()), seconds)),
        share,
        limits(release),
    )


def limits(release: Release) -> tuple[str, ...]:
    """What a plan asks of the new deployment, in words."""
    plan = release.plan
    found = [f"at most {plan.most_errors * 100:g} % more errors than before"]
    if plan.slower:
        found.append(f"at most {plan.slower:g} times the 95th percentile of before")
    if plan.mirror:
        found.append(f"at most {plan.most_disagreement * 100:g} % of mirrored answers may differ")
    found.append(f"fewer than {plan.least_requests} requests in a step prove only errors")
    return tuple(found)
