"""What every keeper of endpoints goes by: which change may be made, and what it is called afterwards. Pure."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.errors import ConflictError, UserError
from drivetrain.serve.model import DeploymentState
from drivetrain.serve.rules.live import essence

if TYPE_CHECKING:
    from drivetrain.serve.model import Deployment, Endpoint
    from drivetrain.serve.release.model import Release

KEYS = ("primary", "secondary")
KEY_LENGTHS = range(16, 513)


def as_kept(
    deployment: Deployment, before: Deployment | None, served: Deployment | None, generation: int
) -> Deployment:
    """It keeps who made it; its build grows when what its replicas run has become another."""
    if before is not None:
        deployment = replace(deployment, created_at=before.created_at, created_by=before.created_by)
    if not is_served(deployment):
        launch, build = (served.launch, served.build) if served is not None else (None, 0)
        return replace(deployment, launch=launch, build=build)
    same = served is not None and (served.launch, essence(served.spec)) == (deployment.launch, essence(deployment.spec))
    return replace(deployment, build=served.build if same and served else generation)


def is_served(deployment: Deployment) -> bool:
    """Whether its spec is what its launch was made from."""
    return deployment.state is DeploymentState.READY and deployment.launch is not None


def what_happened(deployment: Deployment, before: Deployment | None) -> str:
    """The kind of the history's entry; empty when there is nothing to tell."""
    if before is None:
        return "deployment.created"
    if deployment.state is not before.state and deployment.state in _TOLD:
        return _TOLD[deployment.state]
    return "deployment.updated" if deployment.spec != before.spec else ""


_TOLD = {DeploymentState.READY: "deployment.ready", DeploymentState.FAILED: "deployment.failed"}


def check_key(which: str, value: str) -> None:
    """Raises UserError when it is no key for an endpoint."""
    if which not in KEYS:
        raise UserError(f"an endpoint has no '{which[:80]}' key", hint=f"it has a {' and a '.join(KEYS)} one")
    if not (value.isascii() and value.isprintable() and " " not in value and len(value) in KEY_LENGTHS):
        raise UserError(
            "that is no key", hint=f"{KEY_LENGTHS[0]} to {KEY_LENGTHS[-1]} printable ASCII characters without blanks"
        )


def key_digest(key: str) -> str:
    """What a front knows of a key: its SHA-256, in hex."""
    return hashlib.sha256(key.encode("ascii")).hexdigest()


def check_unused(endpoint: Endpoint, deployment: str, release: Release | None) -> None:
    """Raises ConflictError when a deployment cannot be taken away."""
    share = endpoint.traffic.get(deployment)
    if share:
        hint = f"give it to others first: drivetrain traffic {endpoint.name} OTHER=100"
        raise ConflictError(f"'{deployment}' has {share}% of the traffic", hint=hint)
    if release is not None and (release.deployment == deployment or release.before.get(deployment)):
        hint = f"wait until it has ended, or: drivetrain releases cancel {release.id}"
        raise ConflictError(f"release {release.id} is under way, and needs '{deployment}'", hint=hint)


def already_under_way(endpoint: str, release_id: int) -> ConflictError:
    """That an endpoint can have one release at a time."""
    hint = f"wait until it has ended, or: drivetrain releases cancel {release_id}"
    return ConflictError(f"release {release_id} of '{endpoint}' is under way", hint=hint)
