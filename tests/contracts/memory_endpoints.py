"""Endpoints and releases in memory: the ports without a store."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from drivetrain.clock import SystemClock, timestamp
from drivetrain.errors import ConflictError, NotFoundError
from drivetrain.ids import RandomIds
from drivetrain.registry.names import ENDPOINT, checked
from drivetrain.serve.model import Deployment, Endpoint, HistoryEntry, Wanted
from drivetrain.serve.release.model import Release, ReleaseState
from drivetrain.serve.rules.keeping import (
    KEYS,
    already_under_way,
    as_kept,
    check_key,
    check_unused,
    is_served,
    key_digest,
    what_happened,
)
from drivetrain.serve.rules.live import live
from drivetrain.serve.rules.split import can_serve, checked_mirror, checked_traffic

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drivetrain.clock import Clock
    from drivetrain.serve.ports import Change


@dataclass
class MemoryEndpoints:
    """Everything by name in lower case."""

    clock: Clock = field(default_factory=SystemClock)
    first_port: int = 0
    kept: dict[str, Endpoint] = field(default_factory=dict)
    secrets: dict[str, list[str]] = field(default_factory=dict)
    asked: dict[str, dict[str, Deployment]] = field(default_factory=dict)
    serving: dict[str, dict[str, Deployment]] = field(default_factory=dict)
    entries: list[HistoryEntry] = field(default_factory=list)
    releases: dict[int, Release] = field(default_factory=dict)

    def now(self) -> str:
        return timestamp(self.clock.now())

    def all(self) -> Sequence[Endpoint]:
        return [self.kept[name] for name in sorted(self.kept)]

    def get(self, name: str) -> Endpoint:
        if name.lower() not in self.kept:
            known = ", ".join(each.name for each in self.all())
            raise NotFoundError(f"there is no endpoint '{name}'", hint=known or "none yet: drivetrain deploy")
        return self.kept[name.lower()]

    def put(self, endpoint: Endpoint, *, by: str) -> Endpoint:
        key = checked("endpoint", ENDPOINT, endpoint.name).lower()
        there = self.kept.get(key)
        if there is not None:
            self.change(there, auth=endpoint.auth, body=endpoint.body)
        else:
            now = self.now()
            about = {"traffic": {}, "mirror": {}, "generation": 1, "created_by": by}
            port = endpoint.port or self.free_port()
            self.kept[key] = replace(endpoint, **about, port=port, created_at=now, updated_at=now)
            self.secrets[key] = [RandomIds().token(), RandomIds().token()]
            self.asked[key], self.serving[key] = {}, {}
        self.wrote(key, "endpoint.updated" if there else "endpoint.created", by)
        return self.kept[key]

    def free_port(self) -> int:
        port = self.first_port
        while port and port in {each.port for each in self.kept.values()}:
            port += 1
        return port

    def delete(self, name: str, *, by: str) -> None:
        key = self.get(name).name.lower()
        self.wrote(key, "endpoint.deleted", by, {"traffic": {}, "models": {}, "builds": {}})
        for kept in (self.kept, self.secrets, self.asked, self.serving):
            kept.pop(key)
        for release in self.releases.values():
            if release.endpoint.lower() == key and release.under_way:
                ended = replace(release, state=ReleaseState.FAILED, reason="the endpoint was deleted")
                self.releases = {**self.releases, release.id: replace(ended, ended_at=self.now())}

    def keys(self, name: str) -> tuple[str, str]:
        primary, secondary = self.secrets[self.get(name).name.lower()]
        return primary, secondary

    def set_key(self, name: str, which: str, value: str, *, by: str) -> None:
        check_key(which, value)
        found = self.get(name)
        self.secrets[found.name.lower()][KEYS.index(which)] = value
        self.change(found)
        self.wrote(found.name, "keys", by, {"key": which})

    def set_port(self, name: str, port: int) -> None:
        found = self.get(name)
        if found.port != port:
            self.change(found, port=port)

    def set_traffic(
        self,
        name: str,
        traffic: Mapping[str, int],
        mirror: Mapping[str, int] | None = None,
        *,
        by: str,
        kind: str = "traffic",
        run_id: int | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> Endpoint:
        self.split(name, traffic, mirror)
        self.wrote(name, kind, by, data, run_id)
        return self.get(name)

    def split(self, name: str, traffic: Mapping[str, int] | None, mirror: Mapping[str, int] | None) -> None:
        found = self.get(name)
        deployments = self.deployments(name)
        split = dict(found.traffic) if traffic is None else checked_traffic(traffic, deployments)
        copies = checked_mirror(found.mirror if mirror is None else mirror, split, deployments)
        self.change(found, traffic=split, mirror=copies)

    def deployments(self, endpoint: str) -> Sequence[Deployment]:
        found = self.asked[self.get(endpoint).name.lower()]
        return [found[name] for name in sorted(found)]

    def deployment(self, endpoint: str, name: str) -> Deployment:
        found = self.asked[self.get(endpoint).name.lower()]
        if name.lower() not in found:
            known = ", ".join(each.name for each in found.values())
            raise NotFoundError(f"no deployment '{name}'", hint=f"deployments: {known or 'none yet'}")
        return found[name.lower()]

    def put_deployment(self, deployment: Deployment, *, by: str) -> Deployment:
        key = checked("deployment", ENDPOINT, deployment.name).lower()
        endpoint = self.get(deployment.endpoint)
        asked, serving = self.asked[endpoint.name.lower()], self.serving[endpoint.name.lower()]
        before = asked.get(key)
        generation = self.change(endpoint).generation
        named = replace(deployment, endpoint=endpoint.name, name=before.name if before else deployment.name)
        kept = as_kept(named, before, serving.get(key), generation)
        made = {} if before else {"created_at": self.now(), "created_by": by}
        asked[key] = kept = replace(kept, updated_at=self.now(), **made)
        if is_served(kept):
            serving[key] = kept
        kind = what_happened(kept, before)
        if kind:
            about = {"deployment": kept.name} | ({"reason": kept.problem} if kept.problem else {})
            self.wrote(endpoint.name, kind, by, about, kept.run_id)
        return kept

    def delete_deployment(self, endpoint: str, name: str, *, by: str) -> None:
        found, kept = self.get(endpoint), self.deployment(endpoint, name)
        under_way = (each for each in self.releases.values() if each.under_way and each.endpoint == found.name)
        check_unused(found, kept.name, next(under_way, None))
        for each in (self.asked, self.serving):
            each[found.name.lower()].pop(kept.name.lower(), None)
        splits = [{each: share for each, share in split.items() if each != kept.name} for split in both(found)]
        self.change(found, traffic=splits[0], mirror=splits[1])
        self.wrote(found.name, "deployment.deleted", by, {"deployment": kept.name})

    def wanted(self, name: str) -> Wanted:
        found = self.get(name)
        digests = tuple(key_digest(key) for key in self.secrets[found.name.lower()])
        return Wanted(found, digests, tuple(self.served(found.name)))

    def served(self, name: str) -> list[Deployment]:
        key = name.lower()
        asked, serving = self.asked[key], self.serving[key]
        # As the row is one: its state and its problem are those of now, its spec is the one that is served.
        now = [replace(asked[each], spec=serving[each].spec) for each in sorted(serving)]
        return [each for each in now if can_serve(each)]

    def history(self, endpoint: str = "", *, limit: int = 200) -> Sequence[HistoryEntry]:
        found = [each for each in self.entries if endpoint.lower() in {"", each.endpoint.lower()}]
        return found[::-1][:limit]

    def record(self, entry: HistoryEntry) -> None:
        self.entries.append(replace(entry, id=len(self.entries) + 1, at=entry.at or self.now()))

    def change(self, endpoint: Endpoint, **columns: Any) -> Endpoint:
        kept = self.kept[endpoint.name.lower()]
        changed = replace(kept, generation=kept.generation + 1, updated_at=self.now(), **columns)
        self.kept[endpoint.name.lower()] = changed
        return changed

    def wrote(
        self, name: str, kind: str, by: str, data: Mapping[str, Any] | None = None, run_id: int | None = None
    ) -> None:
        found = self.get(name)
        now = live(found, self.served(found.name))
        self.record(HistoryEntry(0, self.now(), found.name, kind, by, run_id, {**now, **(data or {})}))


def both(endpoint: Endpoint) -> tuple[Mapping[str, int], Mapping[str, int]]:
    return endpoint.traffic, endpoint.mirror


@dataclass
class MemoryReleases:
    """Of these endpoints."""

    endpoints: MemoryEndpoints

    def start(self, release: Release) -> Release:
        name = self.endpoints.get(release.endpoint).name
        for each in self.under_way():
            if each.endpoint == name:
                raise already_under_way(name, each.id)
        now = self.endpoints.now()
        number = len(self.endpoints.releases) + 1
        kept = replace(release, id=number, endpoint=name, since=release.since or now, created_at=now)
        self.endpoints.releases[kept.id] = kept
        data = {"release": kept.id, "deployment": kept.deployment}
        self.endpoints.wrote(name, "release.started", kept.created_by, data, kept.run_id)
        return kept

    def update(self, release: Release, change: Change | None = None) -> Release:
        if not self.get(release.id).under_way:
            raise ConflictError(f"release {release.id} has ended", hint="drivetrain releases")
        kept = release if release.under_way else replace(release, ended_at=self.endpoints.now())
        if change is not None and (change.traffic is not None or change.mirror is not None):
            self.endpoints.split(kept.endpoint, change.traffic, change.mirror)
        self.endpoints.releases[kept.id] = kept
        if change is not None:
            data = {"release": kept.id, "deployment": kept.deployment, **change.data}
            self.endpoints.wrote(kept.endpoint, change.kind, f"release {kept.id}", data, kept.run_id)
        return kept

    def get(self, release_id: int) -> Release:
        if release_id not in self.endpoints.releases:
            raise NotFoundError(f"there is no release {release_id}", hint="drivetrain releases")
        return self.endpoints.releases[release_id]

    def under_way(self) -> Sequence[Release]:
        return [each for each in self.endpoints.releases.values() if each.under_way]

    def of(self, endpoint: str, *, limit: int = 50) -> Sequence[Release]:
        found = [each for each in self.endpoints.releases.values() if each.endpoint.lower() == endpoint.lower()]
        return found[::-1][:limit]
