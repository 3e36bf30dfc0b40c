"""What a release does next: its state, what is known of its deployment and its front, and the time -> an action. Pure.

    preparing -> warming -> smoke test -> mirroring -> shifting, step by step -> finished

Out of the first three it can fail, which changes nothing for callers; out of the others it is rolled back. Every state
ends: by what it waits for, or by its time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.clock import parse_timestamp
from drivetrain.serve.model import Deployment, DeploymentState, Instance, InstanceState, Status, Tally
from drivetrain.serve.release.actions import Back, Fail, Finish, Mirror, Shift, Smoke, Smoked, Wait, Warm
from drivetrain.serve.release.judge import too_different, too_many_errors, too_slow
from drivetrain.serve.release.model import Release, ReleaseState, Step
from drivetrain.serve.rules.split import ALL, with_share
from drivetrain.serve.tallies import since

if TYPE_CHECKING:
    from datetime import datetime

    from drivetrain.serve.release.actions import Action, Facts

PREPARING_SECONDS = 3600.0
"""An environment that is not built by then will not be."""
WARMING_SECONDS = 60.0
"""At least; more when the probes of the deployment allow more."""
SILENT_SECONDS = 300.0
"""So long after its time a release waits for a front that does not answer."""
MANY_RESTARTS = 3
"""A replica that has ended by itself so often does not come up."""


class _Here(Struct, frozen=True):
    """What a state looks at."""

    release: Release
    deployment: Deployment
    status: Status | None
    """None when the front does not answer, or has not heard yet of what is wanted now."""
    smoked: Smoked | None
    age: float
    """Seconds since the state or step began."""


def next_action(release: Release, facts: Facts, now: datetime) -> Action:
    """What to do. `release` must be under way."""
    if facts.deployment is None or facts.deployment.state is DeploymentState.DELETING:
        reason = f"the deployment '{release.deployment}' was deleted"
        return Back(reason) if release.state in _WITH_CALLERS else Fail(reason)
    heard = facts.status is not None and facts.status.generation >= facts.wanted.endpoint.generation
    age = (now - parse_timestamp(release.since)).total_seconds()
    here = _Here(release, facts.deployment, facts.status if heard else None, facts.smoked, age)
    return _OF_STATE[release.state](here)


def percent_now(release: Release) -> int:
    """How much traffic its step gives to the deployment."""
    if release.state is not ReleaseState.SHIFTING:
        return ALL if release.state is ReleaseState.FINISHED else 0
    return release.plan.steps[release.step].percent if _others(release) else ALL


# The states.


def _preparing(here: _Here) -> Action:
    if here.deployment.state is DeploymentState.FAILED:
        return Fail(here.deployment.problem or "it could not be prepared")
    if here.deployment.state is DeploymentState.READY:
        return Warm()
    if here.age > PREPARING_SECONDS:
        return Fail(f"it was not prepared within {PREPARING_SECONDS:g} s")
    return Wait(f"{here.deployment.name} is being prepared")


def _warming(here: _Here) -> Action:
    crashed = _crashed(here)
    if crashed:
        return Fail(crashed)
    ready, wanted = _ready(here), max(1, here.deployment.spec.instances)
    if ready >= wanted or _has_fallen_asleep(here):
        return Smoke() if here.release.plan.smoke else _after_smoke(here.release)
    limit = _warming_seconds(here.deployment)
    if here.age > limit:
        return Fail(f"{ready} of {wanted} replicas were ready within {limit:g} s{_last_problem(here)}")
    return Wait(f"{ready} of {wanted} replicas of {here.deployment.name} are ready")


def _smoke(here: _Here) -> Action:
    """When nothing came of it yet it was broken off: it is tried again."""
    if here.smoked is None:
        return Smoke() if here.age <= _warming_seconds(here.deployment) else Fail("the smoke test did not end")
    if here.smoked.problem:
        return Fail(f"the smoke test failed: {here.smoked.problem}")
    return _after_smoke(here.release)


def _after_smoke(release: Release) -> Action:
    """It is ready for requests: copies first when that is planned, and there is something to copy."""
    mirror = release.plan.mirror
    if mirror is not None and mirror.percent and _others(release):
        return Mirror(mirror.percent)
    # Where nothing else has traffic there is nothing to shift: it gets all of it.
    return _step(release, 0 if _others(release) else len(release.plan.steps) - 1)


def _mirroring(here: _Here) -> Action:
    plan = here.release.plan
    watched = plan.mirror or Step(0, 0.0)
    bad = _crashed(here) or too_different(_since_then(here, here.release.deployment), plan)
    if bad:
        return Back(bad)
    if here.age < watched.seconds:
        return Wait(f"{here.deployment.name} gets copies of {watched.percent}% for {_left(here, watched)} s more")
    return _once_it_answers(here, watched, _step(here.release, 0))


def _shifting(here: _Here) -> Action:
    release = here.release
    step = release.plan.steps[release.step]
    bad = _bad(here, over=here.age >= step.seconds)
    if bad:
        return Back(bad)
    if not _others(release):
        return Finish()
    if here.age < step.seconds:
        return Wait(f"{here.deployment.name} has {step.percent}% for {_left(here, step)} s more")
    last = release.step + 1 == len(release.plan.steps)
    return _once_it_answers(here, step, Finish() if last else _step(release, release.step + 1))


_OF_STATE = {
    ReleaseState.PREPARING: _preparing,
    ReleaseState.WARMING: _warming,
    ReleaseState.SMOKE: _smoke,
    ReleaseState.MIRRORING: _mirroring,
    ReleaseState.SHIFTING: _shifting,
}
_WITH_CALLERS = {ReleaseState.MIRRORING, ReleaseState.SHIFTING}


# What they ask.


def _once_it_answers(here: _Here, step: Step, action: Action) -> Action:
    """The action, once the front has said how it went; back when it does not say so for long."""
    if here.status is not None:
        return action
    late = here.age > step.seconds + SILENT_SECONDS
    return Back("its front does not answer") if late else Wait("its front does not answer yet")


def _bad(here: _Here, *, over: bool) -> str:
    """Why the new deployment does badly; empty when nothing shows it."""
    plan = here.release.plan
    new = _since_then(here, here.release.deployment)
    old = sum((_since_then(here, name) for name in _others(here.release)), Tally())
    return _crashed(here) or too_many_errors(new, old, plan, over=over) or too_slow(new, old, plan)


def _since_then(here: _Here, name: str) -> Tally:
    """What a deployment has answered since the state or step began."""
    tallies = here.status.tallies if here.status is not None else {}
    return since(tallies[name], here.release.baseline.get(name, Tally())) if name in tallies else Tally()


def _step(release: Release, step: int) -> Shift:
    return Shift(step, with_share(release.before, release.deployment, release.plan.steps[step].percent))


def _others(release: Release) -> list[str]:
    return [name for name, share in release.before.items() if share and name != release.deployment]


def _instances(here: _Here) -> list[Instance]:
    """The replicas of what is released: those of the colour's last build prove nothing."""
    every = here.status.instances if here.status is not None else ()
    ours = (here.deployment.name, here.deployment.build)
    return [each for each in every if (each.deployment, each.build) == ours]


def _ready(here: _Here) -> int:
    return sum(each.state is InstanceState.READY for each in _instances(here))


def _has_fallen_asleep(here: _Here) -> bool:
    """They were ready, and nobody has asked since: the next request wakes them."""
    asleep = here.status.asleep if here.status is not None else ()
    return here.deployment.spec.sleeps_after > 0 and here.deployment.name in asleep


def _crashed(here: _Here) -> str:
    for each in _instances(here):
        if each.restarts >= MANY_RESTARTS and each.state is not InstanceState.READY:
            return f"a replica ended {each.restarts} times by itself: {each.problem or 'no reason is known'}"
    return ""


def _last_problem(here: _Here) -> str:
    problems = [each.problem for each in _instances(here) if each.problem]
    return f": {problems[-1]}" if problems else ""


def _warming_seconds(deployment: Deployment) -> float:
    probes = (deployment.spec.liveness, deployment.spec.readiness)
    return max(WARMING_SECONDS, *(each.initial_delay + each.period * each.failure_threshold for each in probes))


def _left(here: _Here, step: Step) -> int:
    return max(0, round(step.seconds - here.age))
