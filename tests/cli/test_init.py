"""`drivetrain init` on real folders; what it writes is clean, and runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

from drivetrain.definition.read import read_pipeline
from drivetrain.definition.starting.first_file import first_file
from drivetrain.definition.starting.model import Facts, Install
from drivetrain.run.tasks.catalog import catalog

DRIVETRAIN = Path(sys.executable).with_name("drivetrain")


def drivetrain(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    home = folder.parent / "home"
    return subprocess.run(
        [DRIVETRAIN, *words],
        cwd=folder,
        env=os.environ | {"DRIVETRAIN_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "churn"
    folder.mkdir()
    subprocess.run(["git", "init", "--quiet", "--initial-branch=trunk", folder], check=True)
    (folder / "train.py").write_text("print('trained')  # model.fit(x, y)\n")
    (folder / "requirements.txt").write_text("# nothing\n")
    return folder


def test_what_it_writes_trains(repository: Path) -> None:
    done = drivetrain(repository, "init")
    assert done.returncode == 0, done.stderr
    assert "trains: train.py" in done.stdout
    assert "next: drivetrain run" in done.stdout
    assert "include: [trunk]" in (repository / "azure-pipelines.yml").read_text()
    subprocess.run(["git", "add", "."], cwd=repository, check=True)
    run = drivetrain(repository, "run")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "trained" in run.stdout


def test_a_file_that_is_there_is_kept(repository: Path) -> None:
    (repository / "azure-pipelines.yml").write_text("steps: []\n")
    refused = drivetrain(repository, "init")
    assert refused.returncode != 0
    assert "azure-pipelines.yml is there already" in refused.stderr
    assert (repository / "azure-pipelines.yml").read_text() == "steps: []\n"
    printed = drivetrain(repository, "init", "--print")
    assert printed.stdout.startswith("# On every check-in")
    assert (repository / "azure-pipelines.yml").read_text() == "steps: []\n"
    assert drivetrain(repository, "init", "--force").returncode == 0
    assert (repository / "azure-pipelines.yml").read_text() == printed.stdout


def test_what_git_ignores_is_not_looked_at(repository: Path) -> None:
    (repository / ".gitignore").write_text("train.py\n")
    facts = json.loads(drivetrain(repository, "init", "--json").stdout)
    assert facts["script"] == ""
    assert "write its call into the last step" in drivetrain(repository, "init").stdout


def test_a_folder_that_is_no_repository(tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    (folder / "venv").mkdir(parents=True)
    (folder / "venv" / "train.py").write_text("")
    (folder / "fit.py").write_text("model.fit(x)\n")
    (folder / "link.py").symlink_to("/etc/hostname")
    facts = json.loads(drivetrain(folder, "init", "--json").stdout)
    assert facts["script"] == "fit.py"
    assert "include: [main]" in drivetrain(folder, "init", "--print").stdout


@pytest.mark.parametrize(
    ("install", "azure", "tests", "script"), list(product(Install, [True, False], [True, False], ["src/train.py", ""]))
)
def test_whatever_was_found_the_file_is_clean(
    tmp_path: Path,
    install: Install,
    azure: bool,  # noqa: FBT001 - a table
    tests: bool,  # noqa: FBT001 - a table
    script: str,
) -> None:
    source = {Install.SCRIPT: "config/install.sh"}.get(install, "requirements.txt")
    facts = Facts(install=install, install_from=source, script=script, azure=azure, tests=tests)
    for branch in ("main", "release/it's"):
        definition = read_pipeline(first_file(facts, branch), file="azure-pipelines.yml", tasks=catalog(tmp_path))
        assert definition.problems == ()
        assert definition.checked().trigger.branches.include == (branch,)
