"""The port Environments: what is the same environment, and what is told when it cannot be had."""

from __future__ import annotations

import subprocess
import zipfile
from typing import TYPE_CHECKING

import pytest

from drivetrain.errors import DrivetrainError, UserError
from drivetrain.serve.model import EnvironmentSpec
from drivetrain.wire.serving.environments import UvEnvironments, wanted_of

if TYPE_CHECKING:
    from pathlib import Path

WHEEL_NAME = "answer-4.2-py3-none-any.whl"


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """A package that needs no index."""
    path = tmp_path / WHEEL_NAME
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("answer.py", "value = 42\n")
        file.writestr("answer-4.2.dist-info/METADATA", "Metadata-Version: 2.1\nName: answer\nVersion: 4.2\n")
        file.writestr("answer-4.2.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr("answer-4.2.dist-info/RECORD", "")
    return path


@pytest.fixture
def environments(tmp_path: Path) -> UvEnvironments:
    return UvEnvironments(tmp_path / "environments", tmp_path / "home")


def test_the_same_packages_are_the_same_environment(environments: UvEnvironments, wheel: Path) -> None:
    said: list[str] = []
    line = f"answer @ file://{wheel}"
    python = environments(EnvironmentSpec(requirements=(line,)), (), said.append)
    again = environments(EnvironmentSpec(), (line,), said.append)
    assert again == python
    assert len(said) == 1
    assert "answer" in said[0]
    done = subprocess.run(
        [python, "-c", "import answer; print(answer.value)"], capture_output=True, text=True, check=True
    )
    assert done.stdout == "42\n"
    other = environments(EnvironmentSpec(), (), said.append)
    assert other != python


def test_one_that_was_half_made_is_made_again(environments: UvEnvironments, tmp_path: Path) -> None:
    python = environments(EnvironmentSpec(), (), lambda _: None)
    prefix = python.parents[1]
    (prefix / ".drivetrain-ready").unlink()
    python.unlink()
    assert environments(EnvironmentSpec(), (), lambda _: None) == python
    assert python.exists()
    assert tmp_path in python.parents


def test_packages_that_are_not_there_are_named(environments: UvEnvironments, tmp_path: Path) -> None:
    absent = f"answer @ file://{tmp_path}/absent/{WHEEL_NAME}"
    with pytest.raises(UserError, match="installing the packages of the environment failed") as caught:
        environments(EnvironmentSpec(requirements=(absent,)), (), lambda _: None)
    assert WHEEL_NAME in caught.value.message
    assert caught.value.hint


def test_a_python_that_replicas_cannot_run_in_is_refused(environments: UvEnvironments) -> None:
    with pytest.raises(DrivetrainError, match=r"2\.6|3\.8 or newer"):
        environments(EnvironmentSpec(python="2.6"), (), lambda _: None)


def test_a_conda_file_is_read_as_jobs_read_it() -> None:
    conda = "dependencies:\n- python=3.10\n- scikit-learn=1.5.0\n- pip:\n  - mlflow==2.0\n"
    wanted = wanted_of(EnvironmentSpec(conda=conda), ("azureml-inference-server-http",))
    assert wanted.python == "3.10"
    assert wanted.lines == ("scikit-learn==1.5.0.*", "mlflow==2.0", "azureml-inference-server-http")


def test_lines_that_name_files_are_refused() -> None:
    with pytest.raises(UserError, match="which names a file"):
        wanted_of(EnvironmentSpec(requirements=("-r /etc/passwd",)), ())
