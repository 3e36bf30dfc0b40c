"""The configuration of a run, read and turned into what is run."""

from __future__ import annotations

from typing import Any

import pytest

from drivetrain.errors import UserError
from drivetrain.view.api.azure.execution.configuration import configuration
from drivetrain.view.api.azure.execution.local import checked
from drivetrain.view.api.azure.execution.multipart import parts

PYTHON = {"userManagedDependencies": True, "interpreterPath": "python"}


def body(**more: Any) -> dict[str, Any]:
    given = {"script": "train.py", "target": "local", "environment": {"name": "e", "python": PYTHON}, **more}
    return {"Configuration": given}


def test_a_script_is_run_by_the_interpreter_of_its_environment() -> None:
    found = checked(configuration(body(arguments=["--a", 1], environmentVariables={"X": "1"})))
    assert list(found.line) == ["python", "azureml-setup/script.py", "train.py", "--a", "1"]
    assert found.variables == {"X": "1"}
    assert list(found.collect) == ["outputs"]


def test_a_command_is_run_by_a_shell() -> None:
    found = configuration(
        body(script=None, command="python train.py | tee log", history={"directoriesToWatch": ["logs"]})
    )
    assert list(found.line) == ["bash", "-c", "python train.py | tee log"]
    assert list(found.collect) == ["outputs", "logs"]


@pytest.mark.parametrize(
    "more",
    [
        {"script": None},
        {"script": "../train.py"},
        {"script": "/train.py"},
        {"framework": "PySpark"},
        {"maxRunDurationSeconds": "long"},
        {"nodeCount": -1},
        {"arguments": "x"},
        {"environment": "x"},
        {"environmentVariables": 1},
        {"history": {"directoriesToWatch": ["../logs"]}},
    ],
)
def test_what_cannot_be_run_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(UserError):
        configuration(body(**more))


def test_a_local_run_has_the_environment_of_whoever_submits() -> None:
    with pytest.raises(UserError, match="user_managed_dependencies"):
        checked(configuration(body(environment={"python": {"userManagedDependencies": False}})))
    with pytest.raises(UserError, match="container"):
        checked(configuration(body(docker={"useDocker": True})))


def test_the_files_of_a_body_in_parts() -> None:
    sent = (
        b'--b\r\nContent-Disposition: form-data; name="files"; filename="definition.json"\r\n\r\n{"a": 1}\r\n'
        b'--b\r\nContent-Disposition: form-data; name="files"; filename="p.zip"\r\n\r\n\x00\xff\r\n--b--\r\n'
    )
    assert parts("multipart/form-data; boundary=b", sent) == {"definition.json": b'{"a": 1}', "p.zip": b"\x00\xff"}
    assert parts("multipart/form-data; boundary=other", sent) == {}
    with pytest.raises(UserError):
        parts("text/plain", sent)
