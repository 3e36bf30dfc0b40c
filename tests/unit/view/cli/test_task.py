from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.unit.run.packages.test_taking import make_task

if TYPE_CHECKING:
    from pathlib import Path

INPUTS = [
    {"name": "what", "type": "string", "required": True, "aliases": ["thing"]},
    {"name": "how", "type": "pickList", "defaultValue": "loud", "options": {"loud": "", "low": ""}},
]
PIPELINE = """\
steps:
- task: Own@1
  inputs: {thing: the words, how: shouted, hwo: x}
- task: Own@1
- task: Own@2
"""


@pytest.fixture
def drivetrain(tmp_path: Path) -> object:
    environment = {**os.environ, "DRIVETRAIN_HOME": str(tmp_path / "home"), "GIT_CONFIG_GLOBAL": os.devnull}
    (tmp_path / "repository").mkdir()

    def call(*args: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "drivetrain", *args],
            cwd=tmp_path / "repository",
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    return call


def test_a_task_is_added_listed_checked_run_and_removed(drivetrain: object, tmp_path: Path) -> None:
    assert callable(drivetrain)
    assert "no task packages yet" in drivetrain("task", "list")
    folder = make_task(tmp_path / "OwnV1", script="console.log('says ' + process.env.INPUT_WHAT)", inputs=INPUTS)
    assert drivetrain("task", "add", str(folder)) == "added Own@1.2.3: Own\n"
    (listed,) = json.loads(drivetrain("task", "list", "--json"))
    assert (listed["name"], listed["version"]) == ("Own", [1, 2, 3])
    file = tmp_path / "repository" / "azure-pipelines.yml"
    file.write_text(PIPELINE)
    said = drivetrain("lint", code=1)
    assert "'shouted' is not a value of the input 'how' of Own@1" in said
    assert "Own@1 has no input 'hwo'" in said
    assert "task Own@1 needs the input 'what'" in said
    assert "there is no task 'Own@2'" in said
    file.write_text("steps:\n- checkout: none\n- task: own@1\n  inputs: {what: $(Build.DefinitionName)}\n")
    plan = json.loads(drivetrain("plan"))
    (step,) = plan["stages"][0]["jobs"][0]["steps"]
    assert (step["task"], step["display_name"]) == ("Own@1", "Own")
    if shutil.which("node"):
        assert "says repository" in drivetrain("run")
    assert drivetrain("task", "remove", "Own@1") == "removed Own@1.2.3\n"
    assert "task 'own@1' cannot run here yet" in drivetrain("plan", code=1)


def test_a_task_of_the_same_name_as_one_of_ours_is_announced(drivetrain: object, tmp_path: Path) -> None:
    assert callable(drivetrain)
    folder = make_task(tmp_path / "BashV3", "Bash", "3.1.0")
    assert drivetrain("task", "add", str(folder)) == "added Bash@3.1.0: Bash; it runs instead of Drivetrain's own\n"


def test_the_folder_of_the_settings_is_looked_at_when_a_run_is_made(drivetrain: object, tmp_path: Path) -> None:
    assert callable(drivetrain)
    if shutil.which("node") is None:
        pytest.skip("Node.js is not installed")
    make_task(tmp_path / "mine" / "OwnV1", script="console.log('first')")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "config.toml").write_text(f'tasks = "{tmp_path / "mine"}"\n')
    (tmp_path / "repository" / "azure-pipelines.yml").write_text("steps:\n- checkout: none\n- task: Own@1\n")
    assert "first" in drivetrain("run")
    (tmp_path / "mine" / "OwnV1" / "run.js").write_text("console.log('changed')")
    assert "changed" in drivetrain("run")


def test_building_needs_a_task(drivetrain: object, tmp_path: Path) -> None:
    assert callable(drivetrain)
    assert "there is no task.json in" in drivetrain("task", "build", str(tmp_path), code=2)


def test_a_task_without_anything_to_build_is_added_as_it_is(drivetrain: object, tmp_path: Path) -> None:
    assert callable(drivetrain)
    folder = make_task(tmp_path / "OwnV1")
    (folder / "Tests").mkdir()
    (folder / "Tests" / "secret.js").touch()
    said = drivetrain("task", "build", str(folder))
    assert said == "added Own@1.2.3: Own\n"
    assert (folder / "Tests").is_dir()
    (placed,) = (path for path in (tmp_path / "home" / "tasks").iterdir() if path.is_dir())
    assert sorted(path.name for path in placed.iterdir()) == ["run.js", "task.json"]
