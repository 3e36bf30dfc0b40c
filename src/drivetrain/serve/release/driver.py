"""Carries out what a release does next. Anybody may drive: each step is decided and kept under the endpoint's lock,
from what is kept then, so that several drivers, or none for a while, do no harm.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.errors import ConflictError, DrivetrainError, NotFoundError, UserError
from drivetrain.serve.ports import Change
from drivetrain.serve.release.actions import Back, Facts, Fail, Finish, Mirror, Shift, Smoke, Smoked, Wait, Warm
from drivetrain.serve.release.model import Release, ReleaseState
from drivetrain.serve.release.next import next_action

if TYPE_CHECKING:
    from drivetrain.serve.model import Deployment, Status
    from drivetrain.serve.parts import ServingParts
    from drivetrain.serve.release.actions import Action

LONGEST_SMOKE_SECONDS = 60.0
FIRST_ERROR = 400
SHOWN_BYTES = 300
_log = logging.getLogger("drivetrain")


def drive(parts: ServingParts, release_id: int) -> Action | None:
    """One step of a release: what was done, or why nothing was; None when it has ended."""
    release = parts.releases.get(release_id)
    if not release.under_way:
        return None
    try:
        facts = _facts(parts, release)
    except NotFoundError:
        return None  # the endpoint is being deleted, and ends it
    action = next_action(release, facts, parts.clock.now())
    if isinstance(action, Smoke) and release.state is ReleaseState.SMOKE:
        # It may take long: nobody has to wait for it who wants to change the endpoint.
        action = next_action(release, replace(facts, smoked=smoke(parts, facts)), parts.clock.now())
    if isinstance(action, Wait):
        return action
    with parts.locks.changing(release.endpoint):
        if parts.releases.get(release_id) != release:
            return Wait("somebody else has moved it")
        carry_out(parts, release, action, facts.status)
    if not isinstance(action, Smoke | Finish | Fail):
        parts.tell_front(release.endpoint)  # with no lock held: it may have to be started first
    return action


def _facts(parts: ServingParts, release: Release) -> Facts:
    wanted = parts.endpoints.wanted(release.endpoint)
    return Facts(wanted, _deployment(parts, release), parts.fronts.status(release.endpoint))


def _deployment(parts: ServingParts, release: Release) -> Deployment | None:
    found = parts.endpoints.deployments(release.endpoint)
    return next((each for each in found if each.name.lower() == release.deployment.lower()), None)


def smoke(parts: ServingParts, facts: Facts) -> Smoked:
    """Send the deployment the model's own example, when it has one."""
    deployment = facts.deployment
    if deployment is None or deployment.launch is None or not deployment.launch.example:
        return Smoked()
    seconds = min(LONGEST_SMOKE_SECONDS, deployment.spec.request.timeout_ms / 1000 + 1)
    body = deployment.launch.example.encode()
    try:
        status, answer = parts.ask(facts.wanted.endpoint, deployment.name, body, seconds=seconds)
    except DrivetrainError as error:
        return Smoked(error.message)
    if status < FIRST_ERROR:
        return Smoked()
    return Smoked(f"the example was answered by {status}: {answer[:SHOWN_BYTES].decode('utf-8', 'replace').strip()}")


def carry_out(parts: ServingParts, release: Release, action: Action, status: Status | None) -> Release:
    """Keep the action, with what it does to the traffic; the front is still to be told. The endpoint's lock is held."""
    moved, change = _as_kept(parts, release, action, status)
    try:
        return parts.releases.update(moved, change)
    except ConflictError:
        raise
    except UserError as error:
        # What it goes to is no longer there: it ends, and leaves everything as it is.
        _log.warning("release %s: %s", release.id, error.message)
        reason = f"{moved.reason}; {error.message}".removeprefix("; ")
        failed = replace(release, state=ReleaseState.FAILED, reason=reason)
        return parts.releases.update(failed, Change("release.failed", data={"reason": reason}))


def _as_kept(
    parts: ServingParts, release: Release, action: Action, status: Status | None
) -> tuple[Release, Change | None]:
    tallies = status.tallies if status is not None else {}
    here = replace(release, since=parts.now(), baseline=tallies)
    match action:
        case Warm():
            return replace(here, state=ReleaseState.WARMING), None
        case Smoke():
            return replace(here, state=ReleaseState.SMOKE), None
        case Mirror(percent):
            change = Change("release.mirror", mirror={release.deployment: percent})
            return replace(here, state=ReleaseState.MIRRORING), change
        case Shift(step, traffic):
            change = Change("release.step", traffic, {}, {"step": step + 1})
            return replace(here, state=ReleaseState.SHIFTING, step=step), change
        case Finish():
            return replace(here, state=ReleaseState.FINISHED), Change("release.finished")
        case Back(reason):
            change = Change("release.rolled_back", release.before, release.mirror, {"reason": reason})
            return replace(here, state=ReleaseState.ROLLED_BACK, reason=reason), change
        case Fail(reason):
            return replace(here, state=ReleaseState.FAILED, reason=reason), Change(
                "release.failed", data={"reason": reason}
            )
        case _:
            return release, None
