"""Where data of workspaces lies on this machine."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from drivetrain.errors import NotFoundError, UserError
from drivetrain.registry.model import AssetKind, text_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drivetrain.home import Home
    from drivetrain.registry.model import Workspace
    from drivetrain.registry.ports import Assets

BLOBSTORE, ARTIFACTSTORE = "workspaceblobstore", "workspaceartifactstore"
RUN_ARTIFACTS = "ExperimentRun"
"""In the artifact store, the folder of training runs: `ExperimentRun/dcid.<run>/`."""


class Places:
    """The folders behind datastores, containers and training runs."""

    def __init__(self, home: Home, assets: Assets, may_read: Callable[[Workspace, str], bool]) -> None:
        """`may_read` says whether jobs of a workspace may read the artifacts of a training run or logged model."""
        self._may_read = may_read
        self._blobs = home.azure / "blobs"
        self._artifacts = home.mlflow / "artifacts"
        self._assets = assets

    def in_datastore(self, workspace: Workspace, name: str, path: str) -> Path:
        """A path in a datastore. Raises NotFoundError, UserError for a datastore that is not of this home."""
        if name == ARTIFACTSTORE:
            return self.in_artifact_store(workspace, path)
        account, container = account_of(workspace), f"azureml-blobstore-{workspace.id.lower()}"
        try:
            body = self._assets.get(workspace.id, AssetKind.DATASTORE, name).body
        except NotFoundError:
            if name != BLOBSTORE:
                raise NotFoundError(f"there is no datastore '{name[:100]}' in {workspace.name}") from None
        else:
            account = text_of(body, "properties", "accountName").rpartition("/")[2] or account
            container = text_of(body, "properties", "containerName") or container
        return self.in_container(workspace, account, container, path)

    def in_container(self, workspace: Workspace, account: str, container: str, path: str) -> Path:
        """A path in a container of the workspace's own account. Raises UserError for another's."""
        if account != account_of(workspace):
            raise UserError(f"the storage account '{account[:60]}' is not the workspace's, and cannot be reached")
        if not container.replace("-", "").isalnum():
            raise UserError(f"'{container[:60]}' is no name of a container")
        return inside(self._blobs / account / container, path)

    def in_artifact_store(self, workspace: Workspace, path: str) -> Path:
        """A path in the artifact store: of a training run. Raises NotFoundError."""
        top, _, rest = path.partition("/")
        folder, _, rest = rest.partition("/")
        if top != RUN_ARTIFACTS or not folder.startswith("dcid."):
            raise NotFoundError(f"there is nothing at {path[:200]} in {ARTIFACTSTORE}")
        run = folder.removeprefix("dcid.")
        if not self._may_read(workspace, run):
            raise NotFoundError(f"there is no run {run[:100]} in {workspace.name}")
        return inside(self._artifacts_of(run), rest)

    def _artifacts_of(self, run: str) -> Path:
        """Of a training run, or of a logged model of MLflow's."""
        for pattern in (f"*/{_plain(run)}/artifacts", f"*/models/{_plain(run)}/artifacts"):
            for found in self._artifacts.glob(pattern):
                return found
        raise NotFoundError(f"the run {run[:100]} has no artifacts")

    def new_artifacts(self, experiment_id: str, run: str) -> Path:
        """Where those of a new training run will be."""
        return self._artifacts / experiment_id / run / "artifacts"


def account_of(workspace: Workspace) -> str:
    """The name of a workspace's storage account."""
    return f"drivetrain{hashlib.sha256(workspace.id.lower().encode()).hexdigest()[:14]}"


def _plain(name: str) -> str:
    return "".join(sign for sign in name if sign.isalnum() or sign in "-_")


def inside(root: Path, path: str) -> Path:
    """A path below a folder. Raises UserError when a link on the way leads out of it."""
    found = root / path if path else root
    if not found.resolve().is_relative_to(root.resolve()):
        raise UserError(f"'{path[:200]}' leads out of where it lies")
    return found
