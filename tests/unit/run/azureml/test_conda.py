"""Conda files as versions of Python and packages of pip."""

from __future__ import annotations

import pytest

from drivetrain.errors import UserError
from drivetrain.run.azureml.conda import CondaFile, pip_range, python_range, read_conda

EXAMPLE = """\
name: model-env
channels:
  - conda-forge
dependencies:
  - python=3.8
  - numpy=1.21.2
  - conda-forge::pandas>=1.1,<1.2
  - pytorch=1.13
  - cudatoolkit=11.6
  - libgcc-ng
  - pip=23
  - pip:
    - inference-schema[numpy-support]==1.3.0
    - mlflow>=2.8 # newest
    - -r extra.txt
"""


def test_an_example_of_azures_own() -> None:
    assert read_conda(EXAMPLE) == CondaFile(
        "3.8",
        ("numpy==1.21.2.*", "pandas>=1.1,<1.2", "torch==1.13.*", "inference-schema[numpy-support]==1.3.0",
         "mlflow>=2.8", "-r extra.txt"),
        ("cudatoolkit=11.6", "libgcc-ng"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("conda", "pip"),
    [
        ("", ""),
        ("*", ""),
        ("=1.2", "==1.2.*"),
        ("==1.2", "==1.2"),
        ("1.2", "==1.2"),
        ("=1.2.3=py38_0", "==1.2.3"),
        ("1.2.3 py38_0", "==1.2.3"),
        ("1.2.*", "==1.2.*"),
        ("=1.2.*", "==1.2.*"),
        (">=1.2", ">=1.2"),
        (">= 1.2", ">=1.2"),
        (">=1.2,<2", ">=1.2,<2"),
        ("!=1.5", "!=1.5"),
        ("~=1.4", "~=1.4"),
    ],
)
def test_ranges(conda: str, pip: str) -> None:
    assert pip_range(conda) == pip


@pytest.mark.parametrize("wrong", ["1.0|2.0", "=abc", "==", "=;rm"])
def test_ranges_that_pip_does_not_have(wrong: str) -> None:
    with pytest.raises(UserError):
        pip_range(wrong)


@pytest.mark.parametrize(
    ("conda", "spec"),
    [("3.10", "3.10"), ("=3.10", "3.10"), ("==3.10.4", "3.10.4"), ("3.9.*", "3.9"), (">=3.8,<3.11", ">=3.8 <3.11")],
)
def test_python(conda: str, spec: str) -> None:
    assert python_range(conda) == spec


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("dependencies: numpy", "`dependencies` must be a list"),
        ("dependencies:\n - numpy|scipy=1|2\n - ok", "'numpy|scipy=1|2'"),
        ("dependencies:\n - npm: [x]\n - pip: x", "neither a package nor a list under `pip:`"),
        ("a: [", "cannot be read"),
    ],
)
def test_errors(text: str, words: str) -> None:
    with pytest.raises(UserError) as caught:
        read_conda(text)
    assert words in caught.value.message


@pytest.mark.parametrize("text", ["", "name: x", "dependencies:"])
def test_files_that_ask_for_nothing(text: str) -> None:
    assert read_conda(text) == CondaFile()
