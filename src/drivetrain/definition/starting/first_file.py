"""The text of a first pipeline file: plain Azure Pipelines, with a word on what to change."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivetrain.definition.starting.model import Install

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivetrain.definition.starting.model import Facts

_HEAD = """\
# On every check-in: build the Python environment, {tested}train. Written by `drivetrain init`; it is yours to change.
# https://learn.microsoft.com/azure/devops/pipelines/yaml-schema
name: $(Date:yyyyMMdd)$(Rev:.r)

trigger:
  branches:
    include: [{branch}]

pool:
  vmImage: ubuntu-latest

steps:
  - task: UsePythonVersion@0
    displayName: Use Python {python}
    inputs:
      versionSpec: '{python}'
"""
_BRANCH = re.compile(r"[A-Za-z0-9_./-]+")
_PREFIX = {Install.UV: "uv run ", Install.POETRY: "poetry run ", Install.CONDA: "conda run --name training "}


def first_file(facts: Facts, branch: str) -> str:
    """The pipeline file. A branch whose name means something to YAML is quoted."""
    tested = "test, " if facts.tests else ""
    head = _HEAD.format(tested=tested, branch=_quoted(branch), python=facts.python)
    return "\n".join([head, *filter(None, [_install(facts), _tests(facts) if facts.tests else "", _train(facts)])])


def _quoted(branch: str) -> str:
    return branch if _BRANCH.fullmatch(branch) else "'" + branch.replace("'", "''") + "'"


def _step(title: str, *commands: str) -> str:
    lines = "".join(f"      {command}\n" for command in commands)
    return f"  - script: |\n{lines}    displayName: {title}\n"


def _install(facts: Facts) -> str:
    return _INSTALLS[facts.install](facts.install_from)


def _by_script(path: str) -> str:
    folder = path.rpartition("/")[0]
    where = f"      workingDirectory: {folder}\n" if folder else ""
    return (
        "  - task: Bash@3\n    displayName: Install requirements\n    inputs:\n"
        f"      targetType: filePath\n      filePath: {path}\n{where}"
    )


_INSTALLS: Mapping[Install, Callable[[str], str]] = {
    Install.SCRIPT: _by_script,
    Install.REQUIREMENTS: lambda path: _step("Install requirements", f"python -m pip install --requirement {path}"),
    Install.PACKAGE: lambda _: _step("Install the package", "python -m pip install ."),
    Install.UV: lambda _: _step("Install what uv.lock says", "python -m pip install uv", "uv sync --locked"),
    Install.POETRY: lambda _: _step("Install what poetry.lock says", "python -m pip install poetry", "poetry install"),
    Install.CONDA: lambda path: _step(
        "Make the conda environment", f"conda env create --quiet --name training --file {path}"
    ),
    Install.NOTHING: lambda _: "",
}


def _tests(facts: Facts) -> str:
    runner = _PREFIX.get(facts.install, "")
    into = {Install.UV: "uv pip install pytest", Install.POETRY: "poetry run python -m pip install pytest"}
    install = into.get(facts.install, f"{runner}python -m pip install pytest")
    run = f"{runner}python -m pytest --junitxml=test-results.xml"
    return (
        _step("Test", install, run)
        + """
  - task: PublishTestResults@2
    displayName: Publish the test results
    condition: succeededOrFailed()
    inputs:
      testResultsFiles: test-results.xml
"""
    )


def _train(facts: Facts) -> str:
    if not facts.script:
        return _step("Train", "echo 'no program that trains was found: write here how yours is called'")
    command = f"{_PREFIX.get(facts.install, '')}python {facts.script}"
    return _in_azure(command) if facts.azure else _step("Train", command)


def _in_azure(command: str) -> str:
    return f"""\
  - task: AzureCLI@2
    displayName: Train
    inputs:
      azureSubscription: my-azure # the name of a service connection
      scriptType: bash
      scriptLocation: inlineScript
      inlineScript: {command}
"""
