"""Environments as a Python and packages: by conda file, by image, by Dockerfile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivetrain.errors import UserError
from drivetrain.plan.azureml.model import EnvironmentTask
from drivetrain.run.azureml.dockerfile import read_dockerfile
from drivetrain.run.azureml.images import DEFAULT_PYTHON, image_stands_for
from drivetrain.run.azureml.wanted import wanted

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:latest"
CURATED = "mcr.microsoft.com/azureml/curated/sklearn-1.5:12"


@pytest.mark.parametrize(
    ("names", "python", "said", "first"),
    [
        ((PLAIN,), DEFAULT_PYTHON, False, ""),
        ((CURATED,), DEFAULT_PYTHON, False, "scikit-learn==1.5.*"),
        (("AzureML-sklearn-1.0-ubuntu20.04-py38-cpu",), "3.8", True, "scikit-learn==1.0.*"),
        ((CURATED, "AzureML-sklearn-1.5-ubuntu22.04-py39-cpu"), "3.9", True, "scikit-learn==1.5.*"),
        (("AzureML-lightgbm-3.3-ubuntu20.04-py38-cpu",), "3.8", True, "lightgbm==3.3.*"),
        (("AzureML-ACPT-pytorch-1.13-py38-cuda11.7-gpu",), "3.8", True, "torch==1.13.*"),
        (("acpt-pytorch-2.2-cuda12.1",), DEFAULT_PYTHON, False, "torch==2.2.*"),
        (("AzureML-tensorflow-2.16-cuda11",), DEFAULT_PYTHON, False, "tensorflow==2.16.*"),
        (("python:3.11-slim",), "3.11", True, ""),
        (("docker.io/library/python:3.12",), "3.12", True, ""),
        (("mcr.microsoft.com/azureml/minimal-ubuntu22.04-py310-cpu-inference",), "3.10", True, ""),
        ((), DEFAULT_PYTHON, False, ""),
    ],
)
def test_images(names: tuple[str, ...], python: str, *, said: bool, first: str) -> None:
    found = image_stands_for(*names)
    assert (found.python, found.said, next(iter(found.packages), "")) == (python, said, first)


def test_a_conda_file_says_everything() -> None:
    found = wanted(EnvironmentTask("e", "1", CURATED, "dependencies: [python=3.11, {pip: [six]}, mkl]"))
    assert (found.python, found.strict, found.packages) == ("3.11", True, ("six",))
    assert found.left_out == ("mkl (no package of Python)",)


def test_an_image_alone_brings_what_scripts_of_such_images_use() -> None:
    found = wanted(EnvironmentTask("e", "1", CURATED))
    assert (found.python, found.strict, found.packages[:2]) == (DEFAULT_PYTHON, False, ("scikit-learn==1.5.*", "numpy"))


DOCKERFILE = """\
# syntax=docker/dockerfile:1
FROM python:3.9 AS builder
RUN pip install nothing
FROM mcr.microsoft.com/azureml/minimal-ubuntu22.04-py311-cpu
ENV A=1 B="two words"
ENV C three words
RUN apt-get update && \\
    pip install --no-cache-dir 'numpy>=1.2' six -i https://index.example && python -m pip install -r requirements.txt
COPY requirements.txt /tmp/
RUN conda env update -n base -f environment/conda.yml; echo done
HEALTHCHECK NONE
RUN pip install $THINGS
"""


def test_a_dockerfile() -> None:
    found = read_dockerfile(DOCKERFILE)
    assert found.image == "mcr.microsoft.com/azureml/minimal-ubuntu22.04-py311-cpu"
    assert (found.packages, found.requirements) == (("numpy>=1.2", "six"), ("requirements.txt",))
    assert found.conda == "environment/conda.yml"
    assert found.variables == (("A", "1"), ("B", "two words"), ("C", "three words"))
    assert found.left_out == ("apt-get update", "echo done", "HEALTHCHECK NONE", "pip install $THINGS")


def test_a_build_context(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("scipy # why\n\n# no\n--no-binary x\npandas==2.0\n")
    (tmp_path / "conda.yml").write_text("dependencies: [python=3.10, {pip: [joblib]}]")
    found = wanted(EnvironmentTask("e", "1", dockerfile=DOCKERFILE, context=str(tmp_path)))
    assert (found.python, found.strict) == ("3.10", True)
    assert found.packages == ("joblib", "numpy>=1.2", "six", "scipy", "pandas==2.0")
    assert found.variables[0] == ("A", "1")


@pytest.mark.parametrize("name", ["missing.txt", "../outside.txt", "/etc/hostname"])
def test_files_outside_of_the_build_context(tmp_path: Path, name: str) -> None:
    (tmp_path / "context").mkdir()
    (tmp_path / "outside.txt").write_text("six")
    dockerfile = f"FROM python:3.11\nRUN pip install -r {name}"
    with pytest.raises(UserError, match="its build context does not have"):
        wanted(EnvironmentTask("e", "1", dockerfile=dockerfile, context=str(tmp_path / "context")))
