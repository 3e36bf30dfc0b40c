"""Jobs from their bodies to their runs, without a server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from drivetrain.definition.azureml.model import JobKind
from drivetrain.errors import ConflictError, UserError
from drivetrain.plan.azureml.model import RemotePlace
from drivetrain.run.azureml.model import JobStatus
from drivetrain.wire.launch import launcher
from tests.unit.wire.azureml.world import BODY, World

if TYPE_CHECKING:
    from pathlib import Path


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


def test_a_job_is_held_to_what_it_was_looked_up_as(world: World) -> None:
    environment = {"properties": {"image": "python:3.11"}}
    world.asset("environments", "bare", "1", environment)
    before = world.submit("first", environmentId=f"{world.workspace.path}/environments/bare/versions/1")
    world.asset("environments", "bare", "1", {"properties": {"image": "python:3.12"}})
    read = world.desk.read(world.workspace, "second", before.body)
    assert read.content.environment.image == "python:3.12"
    assert world.desk.hold(world.workspace, read, before).content.environment.image == "python:3.11"
    forgotten = replace(before, run_id=None)
    assert world.desk.hold(world.workspace, read, forgotten) == read
    world.desk.remote = lambda _workspace, compute: RemotePlace("c", "s", "g", "w", compute)
    with pytest.raises(UserError, match="real workspace"):
        world.desk.hold(world.workspace, read, before)
