"""Workspaces and assets in memory: the ports without a store."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.clock import SystemClock, timestamp
from drivetrain.errors import ConflictError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.clock import Clock
    from drivetrain.registry.model import Asset, AssetKind, Workspace


@dataclass
class MemoryWorkspaces:
    """By subscription, group and name, in lower case."""

    clock: Clock = field(default_factory=SystemClock)
    kept: dict[tuple[str, str, str], Workspace] = field(default_factory=dict)

    def get(self, subscription: str, resource_group: str, name: str) -> Workspace:
        key = (subscription.lower(), resource_group.lower(), name.lower())
        if key not in self.kept:
            raise NotFoundError(f"no workspace {name}")
        return self.kept[key]

    def put(self, workspace: Workspace) -> Workspace:
        key = (workspace.subscription.lower(), workspace.resource_group.lower(), workspace.name.lower())
        if key in self.kept:
            self.kept[key] = replace(self.kept[key], body=workspace.body)
        else:
            self.kept[key] = replace(workspace, created_at=timestamp(self.clock.now()))
        return self.kept[key]

    def all(self) -> Sequence[Workspace]:
        return sorted(self.kept.values(), key=lambda each: each.name.lower())

    def delete(self, workspace_id: str) -> None:
        found = [key for key, each in self.kept.items() if each.id == workspace_id]
        if not found:
            raise NotFoundError(f"no workspace {workspace_id}")
        del self.kept[found[0]]


@dataclass
class MemoryAssets:
    """In the order in which they were made."""

    clock: Clock = field(default_factory=SystemClock)
    kept: dict[tuple[str, str, str, str], Asset] = field(default_factory=dict)

    def get(self, workspace: str, kind: AssetKind, name: str, version: str = "") -> Asset:
        try:
            return self.kept[workspace, kind, name, version]
        except KeyError:
            raise NotFoundError(f"no {kind} {name}") from None

    def put(self, asset: Asset, *, by: str) -> Asset:
        key = (asset.workspace, asset.kind, asset.name, asset.version)
        now = timestamp(self.clock.now())
        before = self.kept.get(key)
        made = (before.created_at, before.created_by) if before else (now, by)
        self.kept[key] = replace(asset, created_at=made[0], created_by=made[1], updated_at=now, updated_by=by)
        return self.kept[key]

    def add(self, asset: Asset, *, by: str) -> Asset:
        there = {each.version for each in self.versions(asset.workspace, asset.kind, asset.name)}
        if not asset.version:
            highest = max((int(version) for version in there if version.isdecimal()), default=0)
            asset = replace(asset, version=str(highest + 1))
        if asset.version in there:
            raise ConflictError(f"{asset.name}:{asset.version} is there")
        return self.put(asset, by=by)

    def names(self, workspace: str, kind: AssetKind) -> Sequence[Asset]:
        newest: dict[str, Asset] = {}
        for each in self.kept.values():
            if (each.workspace, each.kind) == (workspace, kind) and (each.version or each.name not in newest):
                newest[each.name] = each
        return [newest[name] for name in sorted(newest)]

    def versions(self, workspace: str, kind: AssetKind, name: str) -> Sequence[Asset]:
        found = [each for key, each in self.kept.items() if key[:3] == (workspace, kind, name) and each.version]
        return found[::-1]

    def of_hash(self, workspace: str, kind: AssetKind, digest: str) -> Sequence[Asset]:
        mine = [each for each in self.kept.values() if (each.workspace, each.kind) == (workspace, kind)]
        return [each for each in mine if digest and each.hash == digest][::-1]

    def delete(self, workspace: str, kind: AssetKind, name: str, version: str = "") -> None:
        self.get(workspace, kind, name, version)
        del self.kept[workspace, kind, name, version]
