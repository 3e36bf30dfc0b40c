"""What is live, since when, and by whose decision: read from the history of an endpoint. Pure."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - msgspec reads it
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct

from drivetrain.serve.release.back import last_good
from drivetrain.serve.rules.live import what_it_serves

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from drivetrain.serve.model import Deployment, Endpoint, HistoryEntry, Instance, Status
    from drivetrain.serve.release.model import Release

Value = TypeVar("Value")
RELEASE = "release "


class Live(Struct, frozen=True):
    """A deployment that gets requests, and how it came to that."""

    deployment: Deployment
    percent: int
    since: str = ""
    """When it got its first request, as this model version; empty when the history does not say."""
    by: str = ""
    """Who decided."""
    release: int | None = None
    """The release that brought it."""
    run_id: int | None = None
    """The pipeline run that asked for it."""


def live(endpoint: Endpoint, deployments: Sequence[Deployment], history: Sequence[HistoryEntry]) -> list[Live]:
    """The deployments with traffic, the most of it first; `history` is the newest first."""
    split = lowered(endpoint.traffic)
    found = [(split.get(each.name.lower(), 0), each) for each in deployments]
    ordered = sorted((each for each in found if each[0]), key=lambda each: (-each[0], each[1].name))
    return [_live(deployment, percent, history) for percent, deployment in ordered]


def _live(deployment: Deployment, percent: int, history: Sequence[HistoryEntry]) -> Live:
    entry = _began(deployment, history)
    if entry is None:
        return Live(deployment, percent, run_id=deployment.run_id)
    number = entry.by.removeprefix(RELEASE)
    release = int(number) if entry.by.startswith(RELEASE) and number.isdecimal() and number.isascii() else None
    return Live(deployment, percent, entry.at, entry.by, release, entry.run_id or deployment.run_id)


def _began(deployment: Deployment, history: Sequence[HistoryEntry]) -> HistoryEntry | None:
    """The oldest entry since which it has had traffic with no break, as this version."""
    began, name = None, deployment.name.lower()
    for entry in history:
        traffic = mapping(entry, "traffic")
        if traffic is None:
            continue
        if not traffic.get(name) or _was_another(entry, deployment):
            break
        began = entry
    return began


def _was_another(entry: HistoryEntry, deployment: Deployment) -> bool:
    """Whether what the deployment served then is not what it serves now."""
    name = deployment.name.lower()
    build = (mapping(entry, "builds") or {}).get(name)
    if build and deployment.build:
        return build != deployment.build
    model = (mapping(entry, "models") or {}).get(name)
    return bool(model and deployment.spec.model) and model != deployment.spec.model


def mapping(entry: HistoryEntry, name: str) -> dict[str, object] | None:
    """A mapping by deployment of what an entry says, names in small letters; None when it does not say it."""
    found = entry.data.get(name)
    return lowered(found) if isinstance(found, dict) else None


def lowered(found: Mapping[str, Value]) -> dict[str, Value]:
    """The same, names in small letters: those of deployments are compared ignoring case."""
    return {str(key).lower(): value for key, value in found.items()}


class GoesBack(Struct, frozen=True):
    """What a rollback would bring."""

    traffic: Mapping[str, int]
    models: Mapping[str, str]
    """What each deployment in it serves, by name."""


def goes_back_to(
    release: Release | None, deployments: Sequence[Deployment], history: Sequence[HistoryEntry]
) -> GoesBack | None:
    """What a rollback would bring, by the same rule that carries it out; None when there is nothing to go back to. A
    release under way is stopped, and what was before it comes back.
    """
    if release is not None:
        models = {each.name: what_it_serves(each.spec) for each in deployments}
        return GoesBack({name: percent for name, percent in release.before.items() if percent}, models)
    state = last_good(history, deployments)
    return GoesBack(state.traffic, state.models) if state is not None else None


def _nonzero(traffic: Mapping[str, int]) -> dict[str, int]:
    return {name: percent for name, percent in traffic.items() if percent}


def instances(status: Status | None, deployment: str) -> list[Instance]:
    """The replicas of one deployment, by number."""
    found = status.instances if status else ()
    return sorted((each for each in found if each.deployment.lower() == deployment.lower()), key=lambda i: i.number)


def under_way(releases: Sequence[Release], endpoint: str) -> Release | None:
    """The release of an endpoint that has not ended, if there is one."""
    return next((each for each in releases if each.endpoint.lower() == endpoint.lower()), None)


def told(history: Sequence[HistoryEntry]) -> Iterator[tuple[HistoryEntry, str]]:
    """What each entry says, in a line."""
    return ((entry, words(entry)) for entry in history)


_KINDS = {
    "endpoint.created": "Endpoint made",
    "endpoint.updated": "Endpoint changed",
    "endpoint.deleted": "Endpoint deleted",
    "deployment.created": "Deployment made",
    "deployment.updated": "Deployment changed",
    "deployment.ready": "Deployment ready",
    "deployment.failed": "Deployment failed",
    "deployment.deleted": "Deployment deleted",
    "traffic": "Traffic",
    "mirror": "Mirrored traffic",
    "keys": "Keys changed",
    "release.started": "Release began",
    "release.mirror": "Release mirrors traffic",
    "release.step": "Release went on",
    "release.finished": "Release finished",
    "release.rolled_back": "Release rolled back",
    "release.failed": "Release failed",
    "rollback": "Rolled back",
}


def words(entry: HistoryEntry) -> str:
    """What an entry of the history says, in a line."""
    kind = _KINDS.get(entry.kind, entry.kind)
    said = entry.data.get("deployment") or entry.data.get("reason") or entry.data.get("problem") or ""
    return f"{kind}: {str(said)[:300]}" if said else kind


def split_words(traffic: Mapping[str, int]) -> str:
    """`blue 90 %, green 10 %`; `no traffic`."""
    shown = sorted(_nonzero(traffic).items(), key=lambda each: (-each[1], each[0]))
    return ", ".join(f"{name} {percent} %" for name, percent in shown) or "no traffic"
