"""A home with two workspaces, to which jobs are submitted without a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drivetrain.errors import NotFoundError
from drivetrain.home import Home
from drivetrain.plan.azureml.model import TrackedRun
from drivetrain.record.tracking.model import TrainingRun
from drivetrain.registry.model import Asset, AssetKind, Workspace
from drivetrain.view.api.azure.jobs.ports import Tracked
from drivetrain.wire.azureml.desk import Desk
from drivetrain.wire.launch import launcher
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.run.azureml.model import AzureJob

BODY: dict[str, Any] = {
    "jobType": "Command",
    "command": "true",
    "environmentId": "azureml://registries/azureml/environments/python-3.11/versions/1",
    "experimentName": "exp",
}
ARTIFACT = "azureml://datastores/workspaceartifactstore/paths/ExperimentRun/dcid.{}/model"


class World:
    def __init__(self, root: Path) -> None:
        self.storage = Storage(Home(root))
        self.woken = 0
        self.desk = Desk(self.storage, launcher(self.storage), self.wake, "https://127.0.0.1:1")
        self.workspace = self.storage.workspaces.put(Workspace("w1", "s", "g", "ws1"))
        self.other = self.storage.workspaces.put(Workspace("w2", "s", "g", "ws2"))

    def wake(self) -> None:
        self.woken += 1

    def submit(self, name: str, **more: Any) -> AzureJob:
        submission = self.desk.read(self.workspace, name, {**BODY, **more})
        tracked = Tracked(submission, TrackedRun(name, "exp", "7", root=name), {**BODY, **more})
        return self.desk.launch(self.workspace, tracked, by="ada")

    def asset(self, kind: str, name: str, version: str, body: dict[str, Any]) -> None:
        self.storage.assets.put(Asset(self.workspace.id, AssetKind(kind), name, version, body), by="ada")

    def trained(self, run: str, **tags: str) -> None:
        """A training run that somebody has made, with an artifact."""
        (self.storage.home.mlflow / "artifacts" / "7" / run / "artifacts" / "model").mkdir(parents=True)
        self.storage.training_runs.upsert(TrainingRun(run, None, "", "7", "exp", run, "FINISHED", 0, 1, {}, {}, tags))

    def reads(self, workspace: Workspace, run: str, granted: frozenset[str] = frozenset()) -> bool:
        inputs = {"model": {"jobInputType": "custom_model", "uri": ARTIFACT.format(run)}}
        try:
            self.desk.read(workspace, "job", {**BODY, "inputs": inputs}, granted)
        except NotFoundError:
            return False
        return True
