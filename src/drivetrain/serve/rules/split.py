"""Traffic by percent: what may be asked for, and what a deployment on its way up leaves to the others. Pure.

https://learn.microsoft.com/azure/machine-learning/concept-endpoints-online#traffic-routing-and-mirroring-to-online-deployments
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.errors import UserError
from drivetrain.serve.model import DeploymentState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from drivetrain.serve.model import Deployment

ALL = 100


def can_serve(deployment: Deployment) -> bool:
    """Whether replicas of it can be started; they still can when its next spec cannot."""
    return deployment.launch is not None and deployment.state is not DeploymentState.DELETING


def checked_traffic(traffic: Mapping[str, int], deployments: Iterable[Deployment]) -> dict[str, int]:
    """The split by the names that the deployments have. Raises UserError when it is none, or cannot be carried out."""
    known = {each.name.lower(): each for each in deployments}
    split = _known_names(traffic, known)
    together = sum(split.values())
    if together not in {0, ALL}:
        raise UserError(f"the traffic adds up to {together}%", hint="it must be 100 together, or 0 for none at all")
    _check_they_serve(split, known)
    return split


def checked_mirror(
    mirror: Mapping[str, int], traffic: Mapping[str, int], deployments: Iterable[Deployment]
) -> dict[str, int]:
    """What is mirrored, likewise: Azure mirrors to one deployment, which has no traffic of its own."""
    known = {each.name.lower(): each for each in deployments}
    split = {name: percent for name, percent in _known_names(mirror, known).items() if percent}
    if len(split) > 1:
        raise UserError(f"the traffic cannot be mirrored to {' and '.join(split)}", hint="name one deployment only")
    for name in split:
        if traffic.get(name):
            hint = "a deployment has traffic, or gets copies of it, not both"
            raise UserError(f"'{name}' cannot get copies of traffic: it has {traffic[name]}% itself", hint=hint)
    _check_they_serve(split, known)
    return split


def _known_names(split: Mapping[str, int], known: Mapping[str, Deployment]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, percent in split.items():
        deployment = known.get(name.lower())
        if deployment is None:
            hint = f"deployments: {', '.join(each.name for each in known.values()) or 'none yet'}"
            raise UserError(f"there is no deployment '{name[:80]}'", hint=hint)
        if type(percent) is not int or not 0 <= percent <= ALL:
            raise UserError(f"'{deployment.name}' cannot have {percent!r} percent", hint="a whole number from 0 to 100")
        if deployment.name in found:
            raise UserError(f"'{deployment.name}' is named twice")
        found[deployment.name] = percent
    return found


def _check_they_serve(split: Mapping[str, int], known: Mapping[str, Deployment]) -> None:
    for name, percent in split.items():
        deployment = known[name.lower()]
        if percent and not can_serve(deployment):
            hint = deployment.problem or "wait until it is ready; `drivetrain endpoint show` says how far it is"
            raise UserError(f"'{name}' cannot have traffic: it is {deployment.state.lower()}", hint=hint)


def with_share(before: Mapping[str, int], name: str, percent: int) -> dict[str, int]:
    """The split in which a deployment has so much, and the others share the rest as they did: 100 together. All of it
    when there are no others.
    """
    others = {each: share for each, share in before.items() if each != name and share}
    if not others:
        return {name: ALL}
    parts = _in_whole_numbers(others, ALL - percent)
    return {each: share for each, share in {**parts, name: percent}.items() if share}


def _in_whole_numbers(shares: Mapping[str, int], total: int) -> dict[str, int]:
    """The total in the same proportions, by the largest remainder."""
    together = sum(shares.values())
    parts = {name: share * total // together for name, share in shares.items()}
    left = total - sum(parts.values())
    by_remainder = sorted(shares, key=lambda name: (-(shares[name] * total % together), name))
    return {name: part + (name in by_remainder[:left]) for name, part in parts.items()}
