"""What `drivetrain init` finds in a repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivetrain.definition.starting.finding import look
from drivetrain.definition.starting.model import Facts, Install

if TYPE_CHECKING:
    from collections.abc import Mapping

TRAINS = "from sklearn.linear_model import Ridge\nRidge().fit(x, y)\n"


def found(files: Mapping[str, str]) -> Facts:
    return look(list(files), files.__getitem__)


@pytest.mark.parametrize(
    ("file", "text", "version"),
    [
        (".python-version", "3.10.4\n", "3.10"),
        (".python-version", "cpython-3.11\n", "3.11"),
        ("runtime.txt", "python-3.9.18", "3.9"),
        ("pyproject.toml", '[project]\nrequires-python = ">=3.10,<3.13"\n', "3.10"),
        ("pyproject.toml", '[tool.poetry.dependencies]\npython = "^3.11"\n', "3.11"),
        ("environment.yml", "dependencies:\n  - python=3.8\n  - pip\n", "3.8"),
        ("setup.cfg", "[options]\npython_requires = >=3.7\n", "3.7"),
        ("setup.py", "setup(python_requires='>=3.9')", "3.9"),
    ],
)
def test_the_python_version(file: str, text: str, version: str) -> None:
    assert (found({file: text}).python, found({file: text}).python_from) == (version, file)


@pytest.mark.parametrize("text", ["pypy3.10", "system", "[project\n", "[project]\nname='x'\n"])
def test_what_says_no_version(text: str) -> None:
    assert found({".python-version": text, "pyproject.toml": text}).python == "3.x"


@pytest.mark.parametrize(
    ("files", "install", "source"),
    [
        (["requirements.txt", "sub/requirements.txt"], Install.REQUIREMENTS, "requirements.txt"),
        (["b/requirements.txt", "a/requirements.txt"], Install.REQUIREMENTS, "a/requirements.txt"),
        (
            ["config/install_requirements.sh", "config/requirements.txt"],
            Install.SCRIPT,
            "config/install_requirements.sh",
        ),
        (["uv.lock", "pyproject.toml"], Install.UV, "uv.lock"),
        (["poetry.lock", "pyproject.toml"], Install.POETRY, "poetry.lock"),
        (["setup.py"], Install.PACKAGE, "setup.py"),
        (["pyproject.toml"], Install.NOTHING, ""),
        (["environment.yml"], Install.CONDA, "environment.yml"),
        ([], Install.NOTHING, ""),
    ],
)
def test_what_installs(files: list[str], install: Install, source: str) -> None:
    facts = found(dict.fromkeys(files, "[tool.ruff]\n"))
    assert (facts.install, facts.install_from) == (install, source)


def test_a_package_installs_itself() -> None:
    assert found({"pyproject.toml": "[project]\nname = 'x'\n"}).install is Install.PACKAGE


@pytest.mark.parametrize(
    ("files", "script"),
    [
        ({"src/train.py": "", "train.py": ""}, "train.py"),
        ({"01-train.py": "", "model.py": TRAINS}, "01-train.py"),
        ({"work.py": TRAINS, "tests/test_train.py": TRAINS}, "work.py"),
        ({"tests/train.py": TRAINS, "docs/train.py": TRAINS}, ""),
        ({"app.py": "print('hello')"}, ""),
        (
            {"train.py": TRAINS, "submit.py": "from azureml.core import Run\nScriptRunConfig(script='train.py')"},
            "submit.py",
        ),
    ],
)
def test_the_program_that_trains(files: dict[str, str], script: str) -> None:
    assert found(files).script == script


def test_a_program_that_signs_in_to_azure() -> None:
    assert found({"train.py": "from azure.ai.ml import MLClient\n"}).azure
    assert not found({"train.py": "import mlflow\n"}).azure


def test_tests_are_seen() -> None:
    assert found({"tests/test_it.py": ""}).tests
    assert not found({"train.py": ""}).tests


@pytest.mark.parametrize(
    "name", ["a b/train.py", "$(reboot)/train.py", "-x/train.py", "a;b.py", "x\ntrain.py", "'/train.py"]
)
def test_names_that_mean_something_to_a_shell_are_left_alone(name: str) -> None:
    assert found({name: TRAINS}).script == ""
