"""Gates by the real program: a worse model is stopped in its pipeline, a better one goes through."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.registry_home import registry_home

if TYPE_CHECKING:
    from tests.cli.conftest import Workplace

pytestmark = pytest.mark.filterwarnings("ignore")
ROOT = Path(__file__).parents[2]
GATE = """\
gate: quality
metrics:
- metric: rmse
  relative: 2%
size: {atMost: 1 MB}
promote: champion
"""
REGISTER = """\
import os, sys, warnings
warnings.filterwarnings("ignore")
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from tests.registry_home import opened
home = opened(Path(sys.argv[2]))
tags = {"drivetrain.build_id": os.environ["BUILD_BUILDID"]}
print("registered", home.model("fraud", {"rmse": float(os.environ["RMSE"])}, **tags))
"""
PIPELINE = f"""\
trigger: none
steps:
- script: '"{sys.executable}" register.py "{ROOT}" "$(home)"'
- task: DrivetrainGate@1
  name: quality
  inputs:
    file: gate.yml
- script: echo "gate $(quality.passed) verdict $(quality.verdict) of $(quality.candidate)"
  condition: succeededOrFailed()
"""


def test_a_pipeline_stops_a_worse_model_and_lets_a_better_one_through(workplace: Workplace) -> None:
    made = registry_home(Path(workplace.env["DRIVETRAIN_HOME"]))
    made.model("fraud", {"rmse": 0.5})
    made.registry.set_registered_model_alias("fraud", "champion", "1")
    for path, text in (("gate.yml", GATE), ("register.py", REGISTER), ("azure-pipelines.yml", PIPELINE)):
        workplace.write(text, path)
    workplace.commit()

    def run(rmse: float, code: int) -> str:
        done = workplace.call("run", "-v", f"home={made.home.root}", "-v", f"rmse={rmse}", code=code)
        return done.stdout + done.stderr

    stopped = run(0.6, 1)
    assert "gate false verdict 1 of fraud:2" in stopped
    assert "gate quality: rmse: 0.6 is worse than the champion's 0.5 + 0.01" in stopped
    assert "The candidate has not passed the gate." in stopped
    assert "gate true verdict 2 of fraud:3" in run(0.4, 0)

    verdicts = workplace.json("verdicts", "fraud")
    assert [(each["candidate"], each["champion"], each["passed"], each["promoted"]) for each in verdicts] == [
        ("fraud:3", "fraud:1", True, "champion"),
        ("fraud:2", "fraud:1", False, ""),
    ]
    assert [each["run_id"] for each in verdicts] == [2, 1]
    assert verdicts[0]["step"].endswith("DrivetrainGate")
    shown = workplace.call("show", "1").stdout
    assert "failed gate quality: fraud:2 against fraud:1  (verdict 1)" in shown
    assert "0.6 is worse than the champion's 0.5 + 0.01" in shown
    assert [each["id"] for each in workplace.json("show", "1")["verdicts"]] == [1]
    assert "✗ failed" in workplace.call("verdicts", "fraud:2").stdout
    assert "gate quality: fraud:3" in workplace.call("verdicts", "2").stdout


def test_by_hand(workplace: Workplace) -> None:
    made = registry_home(Path(workplace.env["DRIVETRAIN_HOME"]))
    workplace.write(GATE, "gate.yml")
    assert "there is no model 'fraud'" in workplace.call("gate", "gate.yml", "--candidate", "fraud", code=2).stderr
    for rmse in (0.5, 0.4, float("nan")):
        made.model("fraud", {"rmse": rmse})
    said = workplace.call("gate", "gate.yml", "--candidate", "fraud:1").stdout
    assert "passed gate quality: fraud:1 without a champion  (verdict 1)" in said
    assert "no champion: noChampion: pass" in said
    assert "fraud:1 is now champion" in said
    assert "##vso" not in said
    worse = workplace.json("gate", "gate.yml", "--candidate", "fraud", code=1)
    assert (worse["candidate"], worse["passed"]) == ("fraud:3", False)
    assert worse["findings"][0]["outcome"] == "not a number"
    better = workplace.json("gate", "gate.yml", "--candidate", "fraud:2", "--no-promote")
    assert (better["passed"], better["promoted"], better["run_id"]) == (True, "", None)
    other = workplace.call("gate", "gate.yml", "--candidate", "fraud@champion", "--champion", "fraud:2", code=1).stdout
    assert "0.5 is worse than the champion's 0.4 + 0.008" in other
    assert workplace.json("verdicts", "--id", str(better["id"])) == better
    assert "there is no verdict 99" in workplace.call("verdicts", "--id", "99", code=2).stderr


def test_a_wrong_file_is_no_verdict(workplace: Workplace) -> None:
    workplace.write("metrics: [{metric: cost}]\n", "gate.yml")
    said = workplace.call("gate", "gate.yml", "--candidate", "fraud", code=2).stderr
    assert "gate.yml:1:20: error: it is not known which values of cost are better" in said
    assert "hint: add `better: higher`" in said
    assert "nothing.yml cannot be read" in workplace.call("gate", "nothing.yml", code=2).stderr
    assert "drivetrain gate FILE asks a gate" in workplace.call("verdicts").stderr
    assert workplace.json("verdicts") == []
