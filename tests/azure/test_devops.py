"""The Azure DevOps API by its official client, as the owner and as a job."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.azure.conftest import Served

PIPELINE = """
name: $(Date:yyyyMMdd)$(Rev:.r)
trigger: none
parameters:
- {name: who, type: string, default: world}
stages:
- stage: Build
  jobs:
  - job: make
    steps:
    - bash: |
        echo hello ${{ parameters.who }}
        echo "the colour is $(colour)"
        echo "##vso[task.logissue type=warning]careful"
        echo "##vso[build.addbuildtag]made"
        mkdir -p out && echo content > out/file.txt
        echo '# All is well' > summary.md && echo "##vso[task.uploadsummary]$PWD/summary.md"
        cat > tests.xml <<'XML'
        <testsuite name="unit"><testcase classname="a" name="good"/>
        <testcase classname="a" name="bad"><failure message="no">trace</failure></testcase></testsuite>
        XML
      displayName: Greet
    - publish: out
      artifact: drop
    - task: PublishTestResults@2
      inputs: {testResultsFiles: tests.xml, testRunTitle: unit tests, failTaskOnFailedTests: false}
- stage: After
  jobs:
  - job: last
    steps:
    - checkout: none
    - bash: echo done
"""


def git(folder: Path, *args: str) -> str:
    names = {f"GIT_{role}_{what}": "ada@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", *args], cwd=folder, env={**os.environ, **names, **quiet}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def add_project(served: Served, folder: Path, name: str, pipeline: str) -> None:
    folder.mkdir()
    (folder / "azure-pipelines.yml").write_text(pipeline)
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", "First")
    served.cli("project", "add", str(folder), "--name", name)


@pytest.fixture(scope="session")
def project(served: Served, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("devops") / "Wine"
    add_project(served, folder, "Wine", PIPELINE)
    return "Wine"


def test_the_client_reads_all_of_a_run(
    client: Callable[..., Any], served: Served, project: str, tmp_path: Path
) -> None:
    address = served.info.url
    found = client(
        "devops", "devops_read.py", f"{address}/anything", served.owner_token, project,
        AZURE_DEVOPS_CACHE_DIR=str(tmp_path),
    )  # fmt: skip
    import json

    print(json.dumps(found, indent=1))
    assert 0
