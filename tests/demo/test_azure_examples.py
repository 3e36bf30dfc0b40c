"""The example of the seed in both generations, as a user runs it: the real `az`, the real SDKs, installed by the
pipelines themselves from the index.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from drivetrain.wire.demo import AUTHOR, EXAMPLES

DRIVETRAIN = Path(sys.executable).with_name("drivetrain")
SUBSCRIPTION = "8a1c5b60-5a7b-4c2a-9d5e-0f5b3c0f7a11"


def told(home: Path, folder: Path, *words: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DRIVETRAIN_", "MLFLOW_"))}
    done = subprocess.run(
        [DRIVETRAIN, *words],
        env={**kept, **AUTHOR, "DRIVETRAIN_HOME": str(home)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=1200,
    )
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-2000:]}"
    return done.stdout


def run_example(tmp_path: Path, name: str) -> tuple[str, dict[str, object]]:
    """What the run printed, and its training run as `drivetrain show` has it."""
    home, folder = tmp_path / "home", tmp_path / name
    shutil.copytree(EXAMPLES / name, folder)
    for words in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message=Train")):
        subprocess.run(["git", *words], cwd=folder, env={**os.environ, **AUTHOR}, check=True)
    told(home, folder, "connection", "add", "my-azure", "--type", "azurerm", "--data", f"subscriptionId={SUBSCRIPTION}")
    output = told(home, folder, "run")
    shown = json.loads(told(home, folder, "show", "1", "--json"))
    (training,) = shown["training_runs"]
    return output, {**training, "number": shown["timeline"]["run"]["number"]}


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_the_second_generation_trains_in_a_workspace(tmp_path: Path) -> None:
    output, training = run_example(tmp_path, "azureml-v2")
    assert training["tags"]["build number"] == training["number"]  # type: ignore[index]
    assert training["status"] == "FINISHED"
    assert 0.4 < training["metrics"]["r2"] < 0.6  # type: ignore[index]
    assert "model diabetes, version 1" in output
    assert f"{training['number']:14}" in output.partition("Completed runs")[2]


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_the_first_generation_trains_where_its_script_runs(tmp_path: Path) -> None:
    output, training = run_example(tmp_path, "azureml-v1")
    assert training["tags"]["build number"] == training["number"]  # type: ignore[index]
    assert training["status"] == "FINISHED"
    assert 40 < training["metrics"]["rmse"] < 70  # type: ignore[index]
    assert "model diabetes-v1, version 1, of run" in output
