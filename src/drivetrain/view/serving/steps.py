"""A release as its page shows it: what is done, what goes on, why it waits, and how the new deployment does. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.clock import parse_timestamp
from drivetrain.serve.model import ReleaseState, Tally
from drivetrain.serve.tallies import since
from drivetrain.view.serving.figures import added, figures

if TYPE_CHECKING:
    from datetime import datetime

    from drivetrain.serve.model import Release, Status, Step
    from drivetrain.view.serving.figures import Figures

ENDED = {ReleaseState.FINISHED, ReleaseState.ROLLED_BACK, ReleaseState.FAILED}
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


def steps(release: Release, now: datetime) -> list[StepView]:
    """Every step of a release, in order."""
    plan = release.plan
    entries = [(ReleaseState.PREPARING, 0, "Prepare the files and the environment")]
    entries.append((ReleaseState.WARMING, 0, "Start replicas and warm them up"))
    if plan.smoke:
        entries.append((ReleaseState.SMOKE, 0, "Send the model's own example"))
    if plan.mirror:
        entries.append((ReleaseState.MIRRORING, 0, f"Mirror {plan.mirror.percent} % for {plan.mirror.seconds:g} s"))
    for number, step in enumerate(plan.steps):
        entries.append((ReleaseState.SHIFTING, number, f"{step.percent} % of the traffic for {step.seconds:g} s"))
    return [_step(release, state, number, title, now) for state, number, title in entries]


def _step(release: Release, state: ReleaseState, number: int, title: str, now: datetime) -> StepView:
    here = (_ORDER.index(state), number)
    if release.state in ENDED:
        return _ended(release, here, title)
    at = (_ORDER.index(release.state), release.step)
    if here < at:
        return StepView("succeeded", "Done", title)
    if here > at:
        return StepView("pending", "To come", title)
    return StepView("running", "Now", title, why(release, now))


def _ended(release: Release, here: tuple[int, int], title: str) -> StepView:
    if release.state is ReleaseState.FINISHED:
        return StepView("succeeded", "Done", title)
    shifted = _ORDER.index(ReleaseState.SHIFTING)
    if release.state is ReleaseState.FAILED:
        return StepView("skipped", "Not reached", title) if here[0] >= shifted else StepView("skipped", "Ended", title)
    if here[0] < shifted or here[1] < release.step:
        return StepView("succeeded", "Done", title)
    return StepView("failed", "Ended here", title) if here[1] == release.step else StepView("skipped", "Not reached", title)


def why(release: Release, now: datetime) -> str:
    """What a release waits for, in words; empty when it has ended."""
    if release.state is ReleaseState.PREPARING:
        return "waits for files, environment and conversion"
    if release.state is ReleaseState.WARMING:
        return "waits until every replica is ready"
    if release.state is ReleaseState.SMOKE:
        return "waits for the answer to the example"
    step = current(release)
    if step is None:
        return ""
    if not release.since:
        return f"watches {step.percent} % for {step.seconds:g} s"
    left = step.seconds - (now - parse_timestamp(release.since)).total_seconds()
    return f"watches it for {left:.0f} s more" if left > 0 else "waits for enough answers to judge by"


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
