"""What a command job's command, variables and processes are, before it runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from drivetrain.definition.azureml.model import CommandText, Distribution, DistributionKind, Mode
from drivetrain.plan.azureml.compile import command_plan, compute_use, plain
from drivetrain.plan.azureml.model import (
    CommandTask,
    EnvironmentTask,
    InputTask,
    OutputTask,
    Place,
    TrackedRun,
    WorkspacePlace,
)
from drivetrain.plan.model import ResourceKind, ResourceUse
from drivetrain.plan.serialize import from_json, to_json
from drivetrain.run.azureml.distribution import environments, ports_needed
from drivetrain.run.azureml.folders import Folders, command_line, file_name
from drivetrain.run.azureml.variables import job_variables

FOLDERS = Folders(Path("/w/s"), Path("/w/inputs"), Path("/w/outputs"))
BLOBS = "azureml://datastores/workspaceblobstore/paths"
TASK = CommandTask(
    run=TrackedRun("happy_dog", "exp", "7", "/artifacts", "root_run"),
    workspace=WorkspacePlace("guid", "/subscriptions/s/w", "s", "g", "w"),
    display_name="$(System.AccessToken) $[x]",
    parts=(
        CommandText("t "), CommandText(input="lr"), CommandText(" "), CommandText(input="data"), CommandText(" "),
        CommandText(input="file"), CommandText(" "), CommandText(input="as_is"), CommandText(" "),
        CommandText(output="model"), CommandText(" "), CommandText(output="report"),
    ),
    environment=EnvironmentTask("e", "1"),
    inputs={
        "lr": InputTask("literal", "0.1"),
        "data": InputTask("uri_folder", place=Place(f"{BLOBS}/d", "/blobs/d")),
        "file": InputTask("uri_file", place=Place("https://example.org/a/iris.csv?x=1/2"), mode=Mode.DOWNLOAD),
        "as_is": InputTask("uri_folder", place=Place(f"{BLOBS}/d", "/blobs/d"), mode=Mode.DIRECT),
    },
    outputs={
        "model": OutputTask("uri_folder", Place(f"{BLOBS}/m/", "/blobs/m")),
        "report": OutputTask("uri_file", Place(f"{BLOBS}/r/report.txt", "/blobs/r/report.txt")),
    },
    compute="big",
    timeout=90,
)  # fmt: skip


def test_the_command_line() -> None:
    assert command_line(TASK, FOLDERS) == (
        "t 0.1 /w/inputs/INPUT_data /w/inputs/INPUT_file/iris.csv "
        f"{BLOBS}/d /w/outputs/model /w/outputs/report/report.txt"
    )


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("https://e/a.csv", "a.csv"),
        ("https://e/a.csv?sig=b/c", "a.csv"),
        ("/x/y/", "y"),
        ("https://e/..", "data"),
        ("https://e/.#/x", "data"),
    ],
)
def test_names_of_files(uri: str, name: str) -> None:
    assert file_name(uri) == name


def test_variables() -> None:
    found = job_variables(TASK, FOLDERS)
    assert (found["AZUREML_RUN_ID"], found["AZUREML_ROOT_RUN_ID"], found["MLFLOW_RUN_ID"]) == (
        "happy_dog", "root_run", "happy_dog",
    )  # fmt: skip
    assert found["AZURE_ML_INPUT_data"] == found["AZUREML_DATAREFERENCE_data"] == "/w/inputs/INPUT_data"
    assert found["AZURE_ML_OUTPUT_model"] == found["AZUREML_DATAREFERENCE_model"] == "/w/outputs/model"
    assert found["AZUREML_PARAMETER_lr"] == "0.1"
    assert (found["AZUREML_ARM_PROJECT_NAME"], found["AZUREML_EXPERIMENT_ID"]) == ("exp", "7")


def test_the_plan_is_a_plan_as_any_other() -> None:
    plan = command_plan(TASK)
    assert from_json(to_json(plan)) == plan
    (stage,) = plan.stages
    (job,) = stage.jobs
    (step,) = job.steps
    assert stage.resources == (ResourceUse(ResourceKind.COMPUTE, "guid/big"),)
    assert (step.task, job.timeout_minutes) == ("AzureMLCommand@1", "1.5")
    assert {stage.display_name, job.display_name, step.display_name} == {"$ (System.AccessToken) $ [x]"}


def test_only_named_computes_are_waited_for() -> None:
    assert (compute_use("w", ""), compute_use("w", "local")) == ((), ())
    assert plain("a $(b) $[c] ${{d}}") == "a $ (b) $ [c] ${{d}}"


def test_processes_of_pytorch_on_two_nodes() -> None:
    distribution = Distribution(DistributionKind.PYTORCH, 2)
    found = environments(distribution, 2, [29500])
    assert [(each["RANK"], each["LOCAL_RANK"], each["NODE_RANK"]) for each in found] == [
        ("0", "0", "0"), ("1", "1", "0"), ("2", "0", "1"), ("3", "1", "1"),
    ]  # fmt: skip
    assert {each["WORLD_SIZE"] for each in found} == {"4"}
    assert {(each["MASTER_ADDR"], each["MASTER_PORT"]) for each in found} == {("127.0.0.1", "29500")}


def test_processes_of_mpi() -> None:
    found = environments(Distribution(DistributionKind.MPI, 2), 1, [1])
    assert [each["OMPI_COMM_WORLD_RANK"] for each in found] == ["0", "1"]
    assert found[1]["OMPI_COMM_WORLD_SIZE"] == "2"


def test_processes_of_tensorflow() -> None:
    distribution = Distribution(DistributionKind.TENSORFLOW, 2, 1)
    assert ports_needed(distribution, 1) == 3
    found = [json.loads(each["TF_CONFIG"]) for each in environments(distribution, 1, [1, 2, 3])]
    assert found[0]["cluster"] == {"worker": ["127.0.0.1:1", "127.0.0.1:2"], "ps": ["127.0.0.1:3"]}
    assert [each["task"] for each in found] == [
        {"type": "worker", "index": 0}, {"type": "worker", "index": 1}, {"type": "ps", "index": 0},
    ]  # fmt: skip
