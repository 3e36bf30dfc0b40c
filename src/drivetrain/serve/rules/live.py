"""What is live, as the history keeps it. Pure."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from drivetrain.serve.model import Collection, Probe, RequestSettings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from drivetrain.serve.model import Deployment, DeploymentSpec, Endpoint


def live(endpoint: Endpoint, deployments: Iterable[Deployment]) -> dict[str, Any]:
    """`traffic` and `mirror`; `models` and `builds` of the deployments with traffic (see HistoryEntry)."""
    serving = [each for each in deployments if endpoint.traffic.get(each.name)]
    return {
        "traffic": {name: share for name, share in endpoint.traffic.items() if share},
        **({"mirror": dict(endpoint.mirror)} if endpoint.mirror else {}),
        "models": {each.name: what_it_serves(each.spec) for each in serving},
        "builds": {each.name: each.build for each in serving},
    }


def what_it_serves(spec: DeploymentSpec) -> str:
    """For people: `churn:3`, the folder of the model, the script, or the command."""
    if spec.model:
        return spec.model
    if spec.script is not None:
        return str(PurePath(spec.script.folder) / spec.script.file)
    return spec.files or (" ".join(spec.server.command) if spec.server is not None else "")


def essence(spec: DeploymentSpec) -> DeploymentSpec:
    """What its replicas run, without how many they are and how they are asked."""
    return replace(
        spec,
        instances=1,
        sleeps_after=0.0,
        request=RequestSettings(),
        liveness=Probe(),
        readiness=Probe(),
        collection=Collection(),
        body={},
    )
