"""What the Azure edge asks of whatever keeps workspaces and their assets (contract: tests/contracts/test_assets.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.registry.model import Asset, AssetKind, Workspace


class Workspaces(Protocol):
    """Keeps workspaces. Names are compared ignoring case, as Azure does. Any thread may call it."""

    def get(self, subscription: str, resource_group: str, name: str) -> Workspace:
        """One workspace. Raises NotFoundError."""
        ...

    def put(self, workspace: Workspace) -> Workspace:
        """Make it, or change the body of the one that is there; its id, project and maker stay as they were."""
        ...

    def all(self) -> Sequence[Workspace]:
        """Every workspace, by name."""
        ...

    def delete(self, workspace_id: str) -> None:
        """Forget it and its assets. Raises NotFoundError."""
        ...


class Assets(Protocol):
    """Keeps what workspaces hold. Any thread may call it; every call is one transaction. A thing without a version is
    a compute, a datastore, ...; or, of a kind that has versions, what is said of the name itself.
    """

    def get(self, workspace: str, kind: AssetKind, name: str, version: str = "") -> Asset:
        """One of them. Raises NotFoundError."""
        ...

    def put(self, asset: Asset, *, by: str) -> Asset:
        """Make it, or replace its body, hash and `archived`; when and by whom it was made stays."""
        ...

    def add(self, asset: Asset, *, by: str) -> Asset:
        """Make it; without a version, under the number after the highest one. Raises ConflictError when it is there."""
        ...

    def names(self, workspace: str, kind: AssetKind) -> Sequence[Asset]:
        """The newest version of each, by name, also those that are archived; what has no version as it is."""
        ...

    def versions(self, workspace: str, kind: AssetKind, name: str) -> Sequence[Asset]:
        """Every version, the newest first."""
        ...

    def of_hash(self, workspace: str, kind: AssetKind, digest: str) -> Sequence[Asset]:
        """Those with this hash, the newest first."""
        ...

    def delete(self, workspace: str, kind: AssetKind, name: str, version: str = "") -> None:
        """Forget it. Raises NotFoundError."""
        ...
