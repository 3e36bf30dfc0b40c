"""What the commands of serving print: shares, states, releases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import asdict, replace

from drivetrain.serve.model import DeploymentState, InstanceState
from drivetrain.serve.release.model import ReleaseState
from drivetrain.serve.rules.live import what_it_serves
from drivetrain.view.cli.output import ago, printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drivetrain.serve.model import Deployment, Endpoint, HistoryEntry, Status
    from drivetrain.serve.release.model import Release

COLOURS = {
    DeploymentState.CREATING: "blue",
    DeploymentState.UPDATING: "blue",
    DeploymentState.READY: "green",
    DeploymentState.FAILED: "red",
    DeploymentState.DELETING: "bright_black",
    ReleaseState.FINISHED: "green",
    ReleaseState.ROLLED_BACK: "red",
    ReleaseState.FAILED: "red",
}
ENDPOINT_HEADERS = ["endpoint", "traffic", "model", "front", "url", "changed"]
DEPLOYMENT_HEADERS = ["deployment", "state", "traffic", "replicas", "model", "runtime"]
RELEASE_HEADERS = ["release", "endpoint", "deployment", "state", "from", "by", "when", "why"]
HISTORY_HEADERS = ["when", "what", "by", "run", "traffic", "model", ""]


def state_word(state: DeploymentState | ReleaseState) -> str:
    """A state in its colour."""
    return click.style(str(state), fg=COLOURS.get(state, "blue"))


def split_words(split: Mapping[str, int]) -> str:
    """`blue 90%, green 10%`; the largest first."""
    shares = sorted(((share, name) for name, share in split.items() if share), key=lambda each: (-each[0], each[1]))
    return ", ".join(f"{printable(name)} {share}%" for share, name in shares) or "none"


def endpoint_row(endpoint: Endpoint, deployments: Sequence[Deployment], status: Status | None) -> list[str]:
    """One endpoint on a line."""
    live = [printable(what_it_serves(each.spec)) for each in deployments if endpoint.traffic.get(each.name)]
    front = click.style("answers", fg="green") if status is not None else click.style("down", fg="red")
    url = status.url if status is not None else ""
    return [
        printable(endpoint.name),
        split_words(endpoint.traffic),
        ", ".join(live),
        front,
        url,
        ago(endpoint.updated_at),
    ]


def deployment_row(deployment: Deployment, endpoint: Endpoint, status: Status | None) -> list[str]:
    """One deployment on a line."""
    share = endpoint.traffic.get(deployment.name, 0)
    copies = endpoint.mirror.get(deployment.name, 0)
    runtime = deployment.launch.runtime if deployment.launch is not None else ""
    return [
        printable(deployment.name),
        state_word(deployment.state),
        f"{share}%{f' and copies of {copies}%' if copies else ''}",
        _replicas(deployment, status),
        printable(what_it_serves(deployment.spec)),
        printable(runtime),
    ]


def _replicas(deployment: Deployment, status: Status | None) -> str:
    if status is None:
        return "-"
    if deployment.name in status.asleep:
        return "asleep"
    mine = [each for each in status.instances if each.deployment == deployment.name]
    ready = sum(each.state is InstanceState.READY and each.build == deployment.build for each in mine)
    restarts = sum(each.restarts for each in mine)
    return f"{ready} of {deployment.spec.instances} ready{f', {restarts} restarts' if restarts else ''}"


def release_row(release: Release) -> list[str]:
    """One release on a line."""
    where = f"{release.state} {release.step + 1}/{len(release.plan.steps)}"
    state = where if release.state is ReleaseState.SHIFTING else str(release.state)
    return [
        str(release.id),
        printable(release.endpoint),
        printable(release.deployment),
        click.style(state, fg=COLOURS.get(release.state, "blue")),
        split_words(release.before),
        printable(release.created_by),
        ago(release.created_at),
        printable(release.reason.partition("\n")[0]),
    ]


def history_row(entry: HistoryEntry) -> list[str]:
    """One change on a line."""
    data = entry.data
    models = data.get("models", {}).values()
    about = [str(data[name]) for name in ("deployment", "key", "reason") if data.get(name)]
    return [
        entry.at[:19].replace("T", " "),
        printable(entry.kind),
        printable(entry.by),
        str(entry.run_id or ""),
        split_words(data.get("traffic", {})),
        printable(", ".join(models)),
        printable(": ".join(about).partition("\n")[0]),
    ]


def shown(deployment: Deployment) -> dict[str, Any]:
    """A deployment for JSON: the names of its variables, not what they hold."""
    spec = replace(deployment.spec, variables=dict.fromkeys(deployment.spec.variables, "***"))
    return asdict(replace(deployment, spec=spec))
