"""Jobs from their bodies to their runs, without a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from drivetrain.definition.azureml.model import JobKind
from drivetrain.errors import ConflictError, NotFoundError
from drivetrain.home import Home
from drivetrain.plan.azureml.model import TrackedRun
from drivetrain.record.tracking.model import TrainingRun
from drivetrain.registry.model import Workspace
from drivetrain.run.azureml.model import AzureJob, JobStatus
from drivetrain.view.api.azure.jobs.ports import Tracked
from drivetrain.wire.azureml.desk import Desk
from drivetrain.wire.launch import launcher
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from pathlib import Path

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


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "home")


def test_a_job_becomes_a_run_that_the_engine_is_told_of(world: World) -> None:
    job = world.submit("happy_dog")
    run = world.storage.runs.get(job.run_id or 0)
    assert (run.pipeline, run.file, run.requested_for, run.source.uri) == (
        "exp", "", "ada", f"{world.workspace.path}/jobs/happy_dog",
    )  # fmt: skip
    assert (job.kind, world.woken, world.desk.progress(job).status) == (JobKind.COMMAND, 1, JobStatus.QUEUED)
    with pytest.raises(ConflictError):
        world.submit("happy_dog")


def test_a_job_is_not_run_again_by_hand(world: World) -> None:
    job = world.submit("happy_dog")
    with pytest.raises(ConflictError, match="runs once"):
        launcher(world.storage).rerun(job.run_id or 0, None)  # type: ignore[arg-type]


def test_what_was_being_submitted_when_the_server_was_killed(world: World) -> None:
    job = world.submit("happy_dog")
    forgotten = world.storage.azure_jobs.change("w1", "happy_dog", lambda there: replace(there, run_id=None))
    assert world.desk.adopt(world.workspace, forgotten).run_id == job.run_id
    never = world.storage.azure_jobs.add(replace(job, name="never", run_id=None))
    lost = world.desk.adopt(world.workspace, never)
    assert (lost.status, "submit it again" in lost.reason) == (JobStatus.FAILED, True)


def test_whose_artifacts_a_job_may_read(world: World) -> None:
    world.trained("mine", **{"drivetrain.workspace": "w1"})
    world.trained("nobodys")
    assert [world.reads(world.workspace, run) for run in ("mine", "nobodys", "none")] == [True, True, False]
    assert [world.reads(world.other, run) for run in ("mine", "nobodys")] == [False, True]
    assert world.reads(world.other, "mine", frozenset({"mine"}))
    assert not world.reads(replace(world.other, project="theirs"), "nobodys")


def test_a_link_that_leads_out_of_a_datastore_is_refused(world: World) -> None:
    folder = world.desk.places.in_datastore(world.workspace, "workspaceblobstore", "")
    folder.mkdir(parents=True)
    (folder / "out").symlink_to(world.storage.home.root)
    inputs = {"a": {"jobInputType": "uri_folder", "uri": "azureml://datastores/workspaceblobstore/paths/out/azure"}}
    with pytest.raises(Exception, match="leads out of where it lies"):
        world.desk.read(world.workspace, "job", {**BODY, "inputs": inputs})
