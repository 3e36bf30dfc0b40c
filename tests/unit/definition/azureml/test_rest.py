"""Bodies of REST -> jobs, and what is said of wrong ones."""

from __future__ import annotations

from typing import Any

import pytest

from drivetrain.definition.azureml.model import (
    CommandText,
    Distribution,
    DistributionKind,
    JobInput,
    JobKind,
    JobOutput,
    Mode,
)
from drivetrain.definition.azureml.rest import is_job_name, kind_of, read_command
from drivetrain.errors import UserError

LEAST: dict[str, Any] = {"jobType": "Command", "command": "python train.py", "environmentId": "azureml:e:1"}
COMPUTE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/computes/big"


def test_the_least_that_a_job_has() -> None:
    job = read_command(LEAST)
    assert (job.command, job.environment, job.head.experiment, job.head.compute) == (
        "python train.py", "azureml:e:1", "Default", "",
    )  # fmt: skip
    assert (job.parts, job.timeout, job.instances, job.distribution) == (
        (CommandText("python train.py"),),
        0.0,
        1,
        None,
    )


def test_everything() -> None:
    job = read_command({
        **LEAST,
        "command": "t ${{inputs.lr}} ${{outputs.model}}",
        "codeId": "azureml:c:1",
        "computeId": COMPUTE,
        "experimentName": "exp",
        "displayName": "Title",
        "description": "Words",
        "tags": {"a": "b", "n": 1, "no": None},
        "properties": {"p": "q"},
        "environmentVariables": {"A": "1", "B": None},
        "identity": {"identityType": "Managed"},
        "inputs": {
            "lr": {"jobInputType": "literal", "value": "0.1"},
            "flag": {"jobInputType": "literal", "value": True},
            "data": {"jobInputType": "uri_folder", "uri": "azureml:d:1", "mode": "Download"},
            "old": {"jobInputType": "UriFile", "uri": "azureml:f:1"},
        },
        "outputs": {
            "model": {"jobOutputType": "mlflow_model", "mode": "Upload", "assetName": "m", "assetVersion": "3"},
            "rest": {},
            "default": {"jobOutputType": "uri_folder", "uri": "azureml://datastores/workspaceartifactstore/paths/x"},
        },
        "distribution": {"distributionType": "PyTorch", "processCountPerInstance": 2},
        "limits": {"jobLimitsType": "Command", "timeout": "PT1H5M"},
        "resources": {"instanceCount": 2},
        "services": {"jupyter": {"jobServiceType": "JupyterLab"}},
        "queueSettings": {"jobTier": "Spot"},
    })  # fmt: skip
    head = job.head
    assert (head.experiment, head.display_name, head.description, head.compute, head.identity) == (
        "exp", "Title", "Words", "big", "Managed",
    )  # fmt: skip
    assert (head.tags, head.properties, job.environment_variables) == ({"a": "b", "n": "1"}, {"p": "q"}, {"A": "1"})
    assert job.inputs == {
        "lr": JobInput(value="0.1"),
        "flag": JobInput(value="True"),
        "data": JobInput("uri_folder", uri="azureml:d:1", mode=Mode.DOWNLOAD),
        "old": JobInput("uri_file", uri="azureml:f:1"),
    }
    assert job.outputs == {"model": JobOutput("mlflow_model", Mode.UPLOAD, "", "m", "3"), "rest": JobOutput()}
    assert job.distribution == Distribution(DistributionKind.PYTORCH, 2)
    assert (job.timeout, job.instances) == (3900.0, 2)


@pytest.mark.parametrize(
    ("more", "compute"),
    [
        ({"computeId": "azureml:big"}, "big"),
        ({"computeId": "big"}, "big"),
        ({"computeId": "serverless"}, ""),
        ({"computeId": None}, ""),
        ({"resources": {"properties": {"IsLocal": {"IsLocal": True}}}}, "local"),
    ],
)
def test_computes(more: dict[str, Any], compute: str) -> None:
    assert read_command({**LEAST, **more}).head.compute == compute


@pytest.mark.parametrize(
    ("kind", "given", "found"),
    [
        ("PyTorch", {}, Distribution(DistributionKind.PYTORCH, 1)),
        ("Mpi", {"processCountPerInstance": 4}, Distribution(DistributionKind.MPI, 4)),
        ("TensorFlow", {"workerCount": 2, "parameterServerCount": 1}, Distribution(DistributionKind.TENSORFLOW, 2, 1)),
        ("tensorflow", {}, Distribution(DistributionKind.TENSORFLOW, 1, 0)),
        ("Ray", {}, Distribution(DistributionKind.RAY, 1)),
    ],
)
def test_distributions(kind: str, given: dict[str, Any], found: Distribution) -> None:
    assert read_command({**LEAST, "distribution": {"distributionType": kind, **given}}).distribution == found


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"command": None}, "properties.command is required"),
        ({"command": 3}, "properties.command must be a text, not a number"),
        ({"command": "a\0b"}, "properties.command must be a text"),
        ({"environmentId": ""}, "properties.environmentId is required"),
        ({"command": "${{inputs.x}}"}, "properties.command names ${{inputs.x}}, which the job does not have"),
        ({"inputs": []}, "properties.inputs must be an object"),
        ({"inputs": {"a b": {}}}, "properties.inputs.a b is not a name"),
        ({"inputs": {"a": "x"}}, "properties.inputs.a must be an object"),
        ({"inputs": {"a": {"jobInputType": "spark"}}}, "properties.inputs.a.jobInputType is 'spark'"),
        ({"inputs": {"a": {"jobInputType": "uri_file", "mode": "Fly"}}}, "properties.inputs.a.mode is 'Fly'"),
        ({"inputs": {"a": {"jobInputType": "uri_file", "mode": "Upload"}}}, "properties.inputs.a.mode is 'Upload'"),
        ({"outputs": {"../a": {}}}, "properties.outputs.../a is not a name"),
        ({"outputs": {"a": {"mode": "Download"}}}, "properties.outputs.a.mode is 'Download'"),
        ({"limits": {"timeout": "5 minutes"}}, "properties.limits.timeout must be a duration"),
        ({"limits": {"timeout": "PT"}}, "properties.limits.timeout must be a duration"),
        ({"limits": 5}, "properties.limits must be an object, not a number"),
        ({"resources": {"instanceCount": 0}}, "properties.resources.instanceCount must be a whole number"),
        ({"resources": {"instanceCount": True}}, "properties.resources.instanceCount must be a whole number"),
        ({"distribution": {}}, "properties.distribution.distributionType is required"),
        ({"distribution": {"distributionType": "Mpi", "processCountPerInstance": "2"}}, "must be a whole number"),
        ({"environmentVariables": {"A=B": "1"}}, "properties.environmentVariables has 'A=B'"),
        ({"environmentVariables": {"A": ["1"]}}, "properties.environmentVariables.A must be a text, not a list"),
        ({"experimentName": "a\nb"}, "properties.experimentName must be a name"),
        ({"experimentName": "x" * 300}, "properties.experimentName must be a name"),
        ({"tags": "a"}, "properties.tags must be an object"),
    ],
)
def test_errors_name_the_field(change: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError) as caught:
        read_command({**LEAST, **change})
    assert words in caught.value.message


def test_all_errors_are_told_at_once() -> None:
    with pytest.raises(UserError) as caught:
        read_command({"jobType": "Command", "limits": {"timeout": "x"}})
    assert [part.split()[0] for part in caught.value.message.split("; ")] == [
        "properties.command", "properties.environmentId", "properties.limits.timeout",
    ]  # fmt: skip


@pytest.mark.parametrize("wrong", [None, [], "x", 3, {"jobType": "AutoML"}, {"jobType": 3}, {}])
def test_what_is_no_job(wrong: object) -> None:
    with pytest.raises(UserError, match="properties"):
        kind_of(wrong)


def test_kinds() -> None:
    assert [kind_of({"jobType": word}) for word in ("Command", "sweep", "PIPELINE")] == list(JobKind)


def test_names_of_jobs() -> None:
    assert [is_job_name(name) for name in ("a", "happy_dog-7", "7", "a" * 255)] == [True] * 4
    assert [is_job_name(name) for name in ("", "_a", "-a", "a/b", "..", "a.b", "a\n", "é", "a" * 256)] == [False] * 9
