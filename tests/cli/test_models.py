"""A real training run registers a model; the command line shows it, draws its line, promotes it, makes it again."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Workplace

TRAIN = """\
import os, pathlib
import mlflow

seed = os.environ["SEED"]
folder = pathlib.Path("model")
folder.mkdir(exist_ok=True)
(folder / "MLmodel").write_text("flavors: {python_function: {loader_module: x}}\\nrun_id: %s\\n" % os.getpid())
(folder / "weights.txt").write_text(seed)
with mlflow.start_run() as run:
    mlflow.log_param("seed", seed)
    mlflow.log_metric("rmse", float(seed))
    mlflow.log_artifacts("model", "model")
    client = mlflow.MlflowClient()
    client.create_registered_model("fraud") if not client.search_registered_models() else None
    client.create_model_version("fraud", run.info.artifact_uri + "/model", run.info.run_id)
    client.set_registered_model_alias("fraud", "challenger", client.search_model_versions("name='fraud'")[0].version)
"""
PIPELINE = """\
parameters:
- {name: seed, type: string, default: '1'}
stages:
- stage: Train
  jobs:
  - job: fit
    steps:
    - bash: PYTHON train.py
      env: {SEED: '${{ parameters.seed }}'}
- stage: Deploy
  jobs:
  - job: go
    steps:
    - checkout: none
    - bash: echo deployed >> DEPLOYED
"""


def prepare(workplace: Workplace) -> Path:
    deployed = workplace.repo.parent / "deployed"
    workplace.write(TRAIN, "train.py")
    workplace.write(PIPELINE.replace("PYTHON", sys.executable).replace("DEPLOYED", str(deployed)))
    return deployed


def test_a_model_from_its_commit_to_the_same_model_again(workplace: Workplace) -> None:
    deployed = prepare(workplace)
    sha = workplace.commit("Train it")
    workplace.call("run", "-p", "seed=2")
    found = workplace.json("models", "show", "fraud:1")
    assert (found["commit"], found["dirty"], found["run_id"], found["branch"]) == (sha, False, 1, "main")
    assert (found["params"], found["metrics"], found["job"]) == ({"seed": "2"}, {"rmse": 2.0}, "Train.fit")
    assert found["aliases"] == ["challenger"]
    (promotion,) = workplace.json("models", "show", "fraud")["promotions"]
    assert (promotion["run_id"], promotion["by"], promotion["version"]) == (1, found["run_number"], "1")

    assert "champion is fraud:1 by" in workplace.call("promote", "fraud:1", "--reason", "it is the first").stdout
    assert "no version" in workplace.call("promote", "fraud", code=2).stderr
    assert "fraud:9" in workplace.call("promote", "fraud:9", code=2).stderr
    lines = workplace.call("lineage", "fraud").stdout.splitlines()
    assert lines[0].startswith(f"commit {sha[:8]} of main")
    assert any("run 1 (" in line for line in lines)
    assert any("fraud:1 @challenger @champion" in line for line in lines)
    assert "fraud:1" in workplace.call("lineage", sha[:10]).stdout
    assert "nothing was made" in workplace.call("lineage", "0123456789", code=2).stderr

    out = workplace.call("reproduce", "fraud:1").stdout
    assert "fraud:2 is the same as fraud:1" in out
    assert deployed.read_text() == "deployed\n", "a reproduction deploys nothing"
    assert workplace.json("models", "show", "fraud:2")["params"] == {"seed": "2"}
    rows = workplace.call("models", "compare", "fraud", "1", "2").stdout
    assert "rmse" in rows
    assert "same" in rows
    assert workplace.json("models", "show", "fraud@challenger")["version"] == "1", "a reproduction takes nobody's place"
    assert workplace.call("models").stdout.splitlines()[1].split()[:4] == ["fraud", "2", "2", "1"]


@pytest.mark.parametrize(
    "word", ["models show nothing", "lineage nothing:1", "promote nothing:1", "reproduce nothing:1"]
)
def test_what_is_not_there_is_said(workplace: Workplace, word: str) -> None:
    told = workplace.call(*word.split(), code=2).stderr
    assert "there is no model 'nothing'" in told
    assert "hint:" in told
