"""What is found in files, where, and that the page shows the tables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import drivetrain
from drivetrain.definition.migrating import look_into
from drivetrain.definition.migrating.scan import is_pipeline
from drivetrain.definition.migrating.table import AZ_GROUPS, MODULES, NAMES, SCHEMAS

DOCS = Path(drivetrain.__file__).parents[2] / "docs"


def found(file: str, text: str) -> list[tuple[int, int, str]]:
    return [(each.position.line, each.position.column, each.code) for each in look_into(file, text)]


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("a.py", "import azure.mgmt.compute\n", [(1, 1, "not-served")]),
        ("a.py", "def f():\n    from azureml.train.hyperdrive import HyperDriveConfig\n", [(2, 5, "not-served")]),
        ("a.py", "from azure.ai.ml import MLClient, spark\n", [(1, 1, "not-served")]),
        ("a.py", "from azure.ai.ml import MLClient, command\nimport mlflow\n", []),
        ("a.py", "from azureml.core import Run, Webservice\n", [(1, 1, "partly-served")]),
        ("a.py", "from . import azureml\nprint 'Python 2'\n", []),
        ("a.sh", "# az webapp up\naz ml job create -f x.yml && az webapp up\n", [(2, 30, "not-served")]),
        ("a.sh", "x=$(az keyvault secret show --name a)\n", [(1, 5, "not-served")]),
        ("a.sh", "az login --service-principal\naz group create -n x\n", [(2, 1, "partly-served")]),
        ("a.sh", "echo blazon and topaz login\n", []),
        ("p.yml", "steps:\n- script: az acr build .\n", [(2, 11, "not-served")]),
        (
            "j.yml",
            "$schema: https://azuremlschemas.azureedge.net/latest/sparkJob.schema.json\n",
            [(1, 1, "not-served")],
        ),
        ("j.yml", "$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json\n", []),
        ("notes.md", "import azure.mgmt\n", []),
    ],
)
def test_what_a_file_uses_is_found_at_its_place(file: str, text: str, expected: list[tuple[int, int, str]]) -> None:
    assert found(file, text) == expected


def test_a_notebook_is_read_cell_by_cell() -> None:
    cells = [
        {"cell_type": "markdown", "source": ["import azure.mgmt\n"]},
        {"cell_type": "code", "source": ["%pip install x\n", "from azureml.automl.core import thing\n"]},
    ]
    text = json.dumps({"cells": cells}, indent=1)
    line = next(at for at, line in enumerate(text.split("\n"), 1) if "azureml.automl" in line)
    assert [place[0] for place in found("n.ipynb", text)] == [line]
    assert found("n.ipynb", "not JSON") == []


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("azure-pipelines.yml", "steps:\n- script: x\n", True),
        ("azure-pipelines-steps.yml", "parameters: []\nsteps:\n- script: x\n", False),
        ("ci/build.yml", "trigger: [main]\njobs:\n- job: A\n", True),
        ("ci/steps.yml", "steps:\n- script: x\n", False),
        (".github/workflows/ci.yml", "on: push\njobs:\n  a: {}\n", False),
        ("job.yml", "$schema: https://x/commandJob.schema.json\njobs: {}\ntrigger: a\n", False),
    ],
)
def test_pipelines_are_told_from_other_yaml(file: str, text: str, expected: bool) -> None:  # noqa: FBT001
    assert is_pipeline(file, text) is expected


def test_the_page_names_everything() -> None:
    page = (DOCS / "azure" / "migrate.md").read_text("utf-8")
    named = [*MODULES, *NAMES, *SCHEMAS, *(f"az {group}" for group in AZ_GROUPS if not group.startswith("-"))]
    assert [each for each in named if f"`{each}`" not in page] == []
