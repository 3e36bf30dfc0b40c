"""Artifacts as azureml-mlflow handles them: named, then sent to, or taken from, blob storage by a signed address."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from drivetrain.errors import NotFoundError, UserError
from drivetrain.record.blobs.artifacts import artifact_name
from drivetrain.record.blobs.listing import Question, list_blobs
from drivetrain.record.blobs.model import BlobRefusedError, Refusal
from drivetrain.record.blobs.names import blob_parts
from drivetrain.record.tracking.calls import MlflowCalls
from drivetrain.registry.model import Workspace
from drivetrain.view.api.azure.edge import Edge
from drivetrain.view.api.mlflow.ownership import LOGGED_MODEL

MINUTES = 60
RUNS = "ExperimentRun"
"""The origin of artifacts that belong to a training run; those of `LocalUpload` were sent on their own."""
_RUN = "dcid."
_MOST = 10_000


class Artifacts:
    """Those of one origin and container in a workspace. Raises NotFoundError, UserError, UnavailableError."""

    def __init__(self, edge: Edge, workspace: Workspace, origin: str, container: str) -> None:
        self._edge = edge
        self._workspace = workspace
        self.origin = origin
        self.container = container

    async def open(self) -> None:
        """See that whoever asks may have them, and that there is a place for them."""
        await asyncio.to_thread(self._edge.blobs.artifacts, self._workspace)
        if self.origin == RUNS:
            run_id = self.container.removeprefix(_RUN)
            if await self._edge.ownership.of_artifacts(run_id) != self._workspace.project:
                raise NotFoundError(f"there is no run '{run_id[:100]}' in the workspace {self._workspace.name}")
            await ready(self._edge, run_id)

    def name(self, path: str) -> str:
        """The name of the blob. Raises UserError for a path that is none."""
        if self.origin == RUNS:
            name = artifact_name(self.container.removeprefix(_RUN), path)
        else:
            name = f"{self.origin}/{self.container}/{path}"
        blob_parts(name)
        return name

    def new(self, path: str) -> dict[str, str]:
        """An address to send one to."""
        return self._content(path, "cw")

    def content(self, path: str) -> dict[str, str]:
        """An address to take one from. Raises NotFoundError."""
        account = self._edge.blobs.account_of(self._workspace)
        try:
            self._edge.blobs.blobs.head(account.name, self._edge.blobs.artifacts(self._workspace), self.name(path))
        except BlobRefusedError as error:
            if error.refusal is Refusal.BLOB_NOT_FOUND:
                raise NotFoundError(f"there is no artifact '{path[:500]}' in {self.container[:200]}") from error
            raise
        return self._content(path, "r")

    def _content(self, path: str, permissions: str) -> dict[str, str]:
        accounts = self._edge.blobs
        account = accounts.account_of(self._workspace)
        container = accounts.artifacts(self._workspace)
        uri = accounts.sas(account, container, self.name(path), permissions=permissions, minutes=MINUTES)
        return {"contentUri": uri, **self._identity(path)}

    def described(self, path: str) -> dict[str, Any]:
        """What is said of one."""
        return {
            "artifactId": f"{self.origin}/{self.container}/{path}",
            **self._identity(path),
            "etag": None,
            "createdTime": self._edge.clock.now().isoformat(),
            "dataPath": {
                "dataStoreName": "workspaceartifactstore",
                "relativePath": self.name(path),
                "sqlDataPath": None,
            },
            "tags": {},
        }

    def _identity(self, path: str) -> dict[str, str]:
        return {"origin": self.origin, "container": self.container, "path": path}

    def paths(self, below: str = "") -> Sequence[str]:
        """The paths that begin so, in order."""
        accounts = self._edge.blobs
        account = accounts.account_of(self._workspace)
        base = f"{self.origin}/{self.container}/"
        found: list[str] = []
        marker = ""
        while True:
            question = Question(prefix=base + below.lstrip("/"), marker=marker)
            page = list_blobs(accounts.blobs, account.name, accounts.artifacts(self._workspace), question)
            found += [blob.name.removeprefix(base) for blob in page.blobs]
            marker = page.marker
            if not marker:
                return found

    def announce(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Addresses for many to come."""
        asked = body.get("paths")
        paths = (
            [each.get("path") if isinstance(each, dict) else None for each in asked] if isinstance(asked, list) else []
        )
        if not paths or len(paths) > _MOST or not all(isinstance(path, str) for path in paths):
            raise UserError(f"'paths' is a list of 1 to {_MOST} objects with a 'path'")
        return {
            "artifacts": {path: self.described(str(path)) for path in paths},
            "artifactContentInformation": {path: self.new(str(path)) for path in paths},
            "errors": {},
        }


async def ready(edge: Edge, run_id: str) -> None:
    """Make the folder for the artifacts of a training run, or of a logged model. Raises NotFoundError."""
    if await asyncio.to_thread(edge.blobs.runs.of, run_id) is not None:
        return
    calls = MlflowCalls(edge.tracking)
    if LOGGED_MODEL.fullmatch(run_id):
        info = (await calls.get(f"logged-models/{run_id}"))["model"]["info"]
    else:
        info = (await calls.get("runs/get", run_id=run_id))["run"]["info"]
    await asyncio.to_thread(edge.blobs.runs.make, run_id, str(info["experiment_id"]))
