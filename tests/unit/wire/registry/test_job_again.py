"""Which job has made a version, why it cannot be submitted again, and what comes of one that was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from msgspec.structs import replace

from drivetrain.definition.azureml.model import JobKind
from drivetrain.definition.azureml.rest import is_job_name
from drivetrain.plan.azureml.model import RemotePlace
from drivetrain.record.tracking.model import TrainingRun
from drivetrain.registry.versions.digests import content_of, file_digest
from drivetrain.registry.versions.model import DataAsset, ModelVersion
from drivetrain.registry.versions.reproduction import CannotError
from drivetrain.run.azureml.model import AzureJob, JobStatus
from drivetrain.run.library.model import Edit, ItemKind
from drivetrain.view.api.azure.arm.model_shape import RECORD
from drivetrain.view.api.azure.jobs.again import reproduced
from drivetrain.wire.library import LibraryBook
from drivetrain.wire.registry.job_again import JobAgain, new_name
from drivetrain.wire.registry.job_driving import JobDriver
from drivetrain.wire.registry.job_folders import folder_again
from drivetrain.wire.registry.job_sources import Source, source_of
from drivetrain.wire.registry.reproducing import Reproducer
from drivetrain.wire.registry.ways import notes_of
from tests.unit.wire.azureml.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.run.events import RunEvent

BLOBS = "azureml://datastores/workspaceblobstore/paths/azureml"
MADE = ModelVersion("fraud", "1", training_run="happy_dog", location="mlflow-artifacts:/7/happy_dog/artifacts/model")


class Trained(World):
    """A home with jobs that are training runs."""

    def job(self, name: str = "happy_dog", kind: JobKind = JobKind.COMMAND, **more: Any) -> AzureJob:
        """Kept, but not run."""
        self.train(name)
        return self.storage.azure_jobs.add(AzureJob("w1", name, kind, "exp", **more))

    def train(self, name: str, **tags: str) -> None:
        found = {"drivetrain.workspace": "w1", **tags}
        self.storage.training_runs.upsert(
            TrainingRun(name, None, "", "7", "exp", name, "FINISHED", 0, 1, {}, {}, found)
        )

    def found(self, version: ModelVersion = MADE) -> Source:
        source = source_of(self.storage, version)
        assert source is not None
        return source

    def refused(self, version: ModelVersion = MADE) -> CannotError:
        with pytest.raises(CannotError, match="fraud:1 cannot be made again: ") as error:
            JobAgain(self.storage, version, self.found(version)).start()
        return error.value


@pytest.fixture
def world(tmp_path: Path) -> Trained:
    return Trained(tmp_path / "home")


def of_output(uri: str, job: str) -> ModelVersion:
    record = msgspec.json.encode({"uri": uri}).decode()
    return replace(MADE, training_run=job, location="mlflow-artifacts:/7/models/m-1/artifacts", tags={RECORD: record})


def test_a_job_is_found_by_its_training_run_or_by_the_run_that_carried_it_out(world: Trained) -> None:
    assert source_of(world.storage, MADE) is None
    job = world.submit("happy_dog")
    child = replace(MADE, training_run="a-child", run_id=job.run_id)
    assert source_of(world.storage, child) == Source(job, job)
    world.train("happy_dog")
    assert world.found() == Source(job, job)
    assert source_of(world.storage, replace(MADE, training_run="")) is None


def test_a_job_of_several_is_the_one_that_made_it(world: Trained) -> None:
    run = world.submit("pipe").run_id
    world.storage.azure_jobs.delete("w1", "pipe")
    first = world.job("one", run_id=run, job="first.step")
    second = world.job("two", run_id=run, job="second.step")
    versions = [replace(MADE, training_run="x", run_id=run, job=each) for each in ("first.step", "second.step")]
    assert [world.found(each).job for each in versions] == [first, second]
    assert source_of(world.storage, replace(versions[0], job="third.step")) is None


def test_behind_a_pipeline_is_the_step_whose_output_it_is(world: Trained) -> None:
    outputs = {"m": {"uri": f"{BLOBS}/pipe_train/m"}}
    pipe = world.job("pipe", JobKind.PIPELINE, body={"outputs": {"result": outputs["m"]}})
    step = world.job("pipe_train", parent="pipe", body={"outputs": outputs})
    assert world.found(of_output(f"{BLOBS}/pipe_train/m/deep", "pipe")) == Source(step, pipe)
    assert world.found(of_output(f"{BLOBS}/pipe_train/more", "pipe")) == Source(pipe, pipe)


def test_behind_a_step_that_was_reused_is_the_one_that_was_run(world: Trained) -> None:
    first = world.job("first_train")
    reused = world.job("happy_dog", body={"properties": {"azureml.reusedrunid": "first_train"}})
    assert world.found() == Source(first, reused)
    world.storage.azure_jobs.delete("w1", "first_train")
    assert world.found() == Source(reused, reused)


def test_behind_a_sweep_is_its_best_trial(world: Trained) -> None:
    sweep, trial = world.job("sweep", JobKind.SWEEP), world.job("sweep_1", parent="sweep")
    version = replace(MADE, training_run="sweep")
    assert world.found(version) == Source(sweep, sweep)
    world.train("sweep", **{"drivetrain.property.best_child_run_id": "sweep_1"})
    assert world.found(version) == Source(trial, sweep)


def test_data_that_is_gone_is_named(world: Trained) -> None:
    inputs = {"sales": {"jobInputType": "uri_folder", "uri": f"{BLOBS}/sales"}}
    folder = world.desk.places.in_datastore(world.workspace, "workspaceblobstore", "azureml/sales")
    world.submit("happy_dog", inputs=inputs)
    world.train("happy_dog")
    gone = world.refused()
    assert f"the data sales of its job happy_dog is gone: {folder}" in gone.message
    assert gone.hint


def test_what_could_not_be_held_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "sales"
    folder.mkdir()
    (folder / "x").write_text("1")
    asset = DataAsset("sales", content_of(folder).digest, source=BLOBS, context="input")
    version = replace(MADE, packages={"numpy": "2.1"}, data=(asset,))
    assert list(notes_of(version, {BLOBS: folder})) == []
    assert [note.partition(":")[0] for note in notes_of(replace(version, packages={}))] == [
        "its packages are not known", "the data sales is compared by what the training run says of it",
    ]  # fmt: skip
    (folder / "x").write_text("2")
    assert list(notes_of(version, {BLOBS: folder})) == [f"the data sales has changed: {folder} is not {asset.digest}"]
    single = replace(asset, source=f"file://{folder}/x", digest=file_digest(folder / "x"))
    assert list(notes_of(replace(version, data=(single,)))) == []
    (folder / "x").write_text("3")
    assert "has changed" in "".join(notes_of(replace(version, data=(single,))))


def test_a_job_whose_workspace_was_deleted_is_gone(world: Trained) -> None:
    job = world.submit("happy_dog")
    world.train("happy_dog")
    world.storage.workspaces.delete("w1")
    for run_id, why in ((job.run_id, "was deleted, or the job's workspace"), (None, "no run and no job that is still")):
        with pytest.raises(CannotError, match=why):
            Reproducer(world.storage).start(replace(MADE, run_id=run_id))


@pytest.mark.parametrize("body", [{}, {"jobType": "Command"}, {"jobType": "Odd"}])
def test_a_body_that_is_kept_no_more_is_said(world: Trained, body: dict[str, Any]) -> None:
    world.job(body=body)
    assert "was submitted with is kept no more: " in world.refused().message


def test_a_whole_pipeline_job_is_not_run_again(world: Trained) -> None:
    world.job(kind=JobKind.PIPELINE)
    refused = world.refused()
    assert "happy_dog is a pipeline job, and only commands are run again" in refused.message
    assert "from an output of the step" in refused.hint


def test_a_real_workspace_is_not_asked(world: Trained) -> None:
    world.submit("happy_dog")
    world.train("happy_dog")
    config = world.storage.home.config
    config.write_text('executor = "azureml"\nazureml_connection = "far"\n')
    assert "the setting `executor` is azureml" in world.refused().message
    config.unlink()
    data = {"type": "azurerm", "url": "https://management.azure.com"}
    LibraryBook(world.storage.library, "ada").add(ItemKind.SERVICE_CONNECTION, "far", Edit(data=data))
    world.desk.remote = lambda _workspace, compute: RemotePlace("far", "s", "g", "w", compute)
    world.submit("far_dog")
    world.train("far_dog")
    assert "carried out by a real workspace" in world.refused(replace(MADE, training_run="far_dog")).message


def test_a_new_name_is_legal_and_another_each_time() -> None:
    names = {new_name(name) for name in ("happy_dog", "happy_dog", "x" * 255)}
    assert len(names) == 3
    assert all(is_job_name(name) for name in names)


def test_a_job_again_is_alone_and_writes_over_nothing() -> None:
    output = {"jobOutputType": "uri_folder", "mode": "Upload", "uri": f"{BLOBS}/fixed", "assetName": "a"}
    body = {
        "jobType": "Command", "command": "train", "parentJobName": "pipe", "experimentId": "7", "properties": {},
        "inputs": {"lr": {"jobInputType": "literal", "value": "1"}}, "outputs": {"m": output, "default": {"uri": "x"}},
    }  # fmt: skip
    assert reproduced(AzureJob("w1", "happy_dog", JobKind.COMMAND, "exp", body)) == {
        "jobType": "Command", "command": "train", "experimentName": "exp",
        "inputs": {"lr": {"jobInputType": "literal", "value": "1"}},
        "outputs": {"m": {"jobOutputType": "uri_folder", "mode": "Upload"}},
    }  # fmt: skip


def test_files_are_where_the_same_job_puts_them(world: Trained) -> None:
    output = {"m": {"jobOutputType": "uri_folder"}}
    before, now = world.submit("happy_dog", outputs=output), world.submit("happy_dog_again", outputs=output)
    world.train("happy_dog")
    named = of_output(f"{BLOBS}/happy_dog/m/deep", "happy_dog")
    before = world.storage.azure_jobs.change(
        "w1", before.name, lambda there: replace(there, body={"outputs": {"m": {"uri": f"{BLOBS}/happy_dog/m"}}})
    )
    source = Source(before, before)
    assert folder_again(world.storage, MADE, source, now) is None
    model = world.storage.home.mlflow / "artifacts" / "7" / now.name / "artifacts" / "model"
    deep = world.desk.places.in_datastore(world.workspace, "workspaceblobstore", f"azureml/{now.name}/m/deep")
    for each in (model, deep):
        each.mkdir(parents=True)
    assert folder_again(world.storage, MADE, source, now) == model
    assert folder_again(world.storage, named, source, now) == deep
    with pytest.raises(CannotError, match="which is not of its job happy_dog"):
        folder_again(world.storage, replace(MADE, location="s3://elsewhere"), source, now)


def test_a_job_that_has_failed_has_made_nothing(world: Trained) -> None:
    job = world.submit("happy_dog")
    world.train("happy_dog")
    run = world.storage.runs.get(job.run_id or 0)
    again = JobAgain(world.storage, MADE, world.found())
    with pytest.raises(CannotError, match="has not ended"):
        again.unregistered(run)
    world.storage.azure_jobs.change("w1", job.name, lambda there: replace(there, status=JobStatus.FAILED))
    with pytest.raises(CannotError, match="ended as Failed") as error:
        again.unregistered(run)
    assert error.value.hint == f"drivetrain logs {run.id} says more"


class Nobody:
    """A server that has ended."""

    address = "https://127.0.0.1:1"
    closed = False

    def lives(self) -> bool:
        return False

    def close(self) -> None:
        self.closed = True


def test_a_server_that_ends_is_no_reason_to_wait(world: Trained) -> None:
    job, nobody = world.submit("happy_dog"), Nobody()
    run = world.storage.runs.get(job.run_id or 0)
    seen: list[RunEvent] = []
    with pytest.raises(CannotError, match="the server has ended") as error:
        JobDriver(world.storage, nobody, job, "fraud:1").drive(run, seen.extend, lambda _: None)
    assert error.value.hint == f"drivetrain up goes on with it; then drivetrain reproduce fraud:1 --against {run.id}"
    assert nobody.closed
    assert [event.type for event in seen] == [event.type for event in world.storage.runs.events(run.id)]
