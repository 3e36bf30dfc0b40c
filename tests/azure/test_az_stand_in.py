"""`az ml` and `az pipelines` without their extensions, in the terminal and in a job."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from drivetrain.run.az.tools import PACKAGES
from drivetrain.run.environments.shims import shims
from tests.azure.conftest import PATIENCE, SUBSCRIPTION, python_of
from tests.azure.devops_projects import add_project, ask, run_to_its_end

if TYPE_CHECKING:
    from pathlib import Path

    from tests.azure.conftest import Served

JOB = """
command: echo hello ${{inputs.who}}
inputs: {who: world}
environment: {image: mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04}
compute: local
"""
PIPELINE = """
trigger: none
parameters:
- {name: again, type: boolean, default: true}
steps:
- checkout: none
- ${{ if parameters.again }}:
  - bash: |
      set -e
      az extension add --name azure-devops
      az devops configure --defaults project=$(System.TeamProject)
      az pipelines run --id $(System.DefinitionId) --parameters again=false --query id --output tsv > told
      az pipelines runs tag add --run-id $(Build.BuildId) --tags one,two --output none
      az pipelines runs show --id $(Build.BuildId) --query "[status, sourceBranch]" --output tsv >> told
      az pipelines runs frobnicate || echo "code $?" >> told
    env: {AZURE_DEVOPS_EXT_PAT: $(System.AccessToken)}
  - publish: told
    artifact: told
"""


@pytest.fixture
def tools(served: Served) -> None:
    """The home with the clients that tests have, where it would install them for itself."""
    for extension, client in (("ml", "ml"), ("azure-devops", "devops")):
        place = served.home.root / "cache" / "tools" / f"az-{extension}"
        (place / "bin").mkdir(parents=True, exist_ok=True)
        program = place / "bin" / "python"
        program.write_text(f'#!/bin/sh\nexec {python_of(client)} "$@"\n')
        program.chmod(0o755)
        (place / "ready").write_text(" ".join(PACKAGES[extension]))


@pytest.mark.usefixtures("tools")
def test_az_pipelines_in_a_job(served: Served, tmp_path: Path) -> None:
    add_project(served, tmp_path / "cider", "Cider", PIPELINE)
    run_id = run_to_its_end(served, "Cider")
    told = (served.home.artifacts(run_id) / "told" / "told").read_text().split()
    assert told == [str(run_id + 1), "inProgress", "refs/heads/main", "code", "2"]
    assert ask(served, "GET", f"/Cider/_apis/build/builds/{run_id}/tags")["value"] == ["one", "two"]


def az(served: Served, tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = served.environment()
    path = os.pathsep.join([str(shims(served.home.root).az), environment["PATH"]])
    more = {"PATH": path, "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION, "AZURE_CONFIG_DIR": str(tmp_path / "az")}
    where = ["--resource-group", "stand-in", "--workspace-name", "stand-in", "--only-show-errors"]
    return subprocess.run(
        ["az", "ml", *words, *where], env={**environment, **more}, cwd=tmp_path, capture_output=True, text=True,
        check=False, timeout=PATIENCE, stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.mark.usefixtures("tools")
def test_az_ml_from_a_terminal(served: Served, tmp_path: Path) -> None:
    (tmp_path / "job.yml").write_text(JOB)
    query = "[name, status, tags.from, type]"
    made = az(served, tmp_path, "job", "create", "-f", "job.yml", "--set", "inputs.who=me", "tags.from=az", "--stream",
              "--query", query, "-o", "tsv")  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    assert "hello me" in made.stdout.splitlines()
    name, *rest = made.stdout.splitlines()[-4:]
    assert rest == ["Completed", "az", "command"]
    listed = az(served, tmp_path, "job", "list", "--query", "[].name", "-o", "tsv")
    assert listed.stdout.split() == [name]
    missing = az(served, tmp_path, "job", "show", "--name", "nothing")
    assert (missing.returncode, missing.stderr[:7]) == (3, "ERROR: ")
