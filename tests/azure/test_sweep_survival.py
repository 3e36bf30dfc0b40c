"""A sweep outlives whoever carries it out: the server and the sweep's controller are killed in the middle of it."""

from __future__ import annotations

import os
import signal
import ssl
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx
import psutil
import pytest

from drivetrain.home import Home
from drivetrain.wire.server_process import read_info
from tests.azure.conftest import COMMAND, PATIENCE, SUBSCRIPTION, Served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WORKSPACE = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/survivors"
)
LOG = """
import json, os, time, urllib.request
body = {"run_id": os.environ["MLFLOW_RUN_ID"], "key": "score", "value": float(os.environ["X"]), "timestamp": 1}
headers = {"authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"], "content-type": "application/json"}
request = urllib.request.Request(os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/log-metric",
                                 json.dumps(body).encode(), headers)
for _ in range(600):
    try:
        urllib.request.urlopen(request).read()
        break
    except OSError:
        time.sleep(0.2)
"""
SWEEP = {
    "jobType": "Sweep",
    "experimentName": "survivors",
    "searchSpace": {"x": ["choice", [[1, 2, 3, 4]]]},
    "samplingAlgorithm": {"samplingAlgorithmType": "Grid"},
    "objective": {"goal": "Maximize", "primaryMetric": "score"},
    "limits": {"jobLimitsType": "Sweep", "maxConcurrentTrials": 2},
    "trial": {
        "environmentId": "azureml:bare:1",
        "command": 'sleep 1; X=${{search_space.x}} python -c "$LOG"',
        "environmentVariables": {"LOG": LOG},
    },
}


class Mortal(Served):
    """A home of this test alone, whose server may be killed."""

    def up(self) -> None:
        environment = {**os.environ, "DRIVETRAIN_HOME": str(self.home.root), "DRIVETRAIN_AZURE_PORT": "0"}
        done = subprocess.run(
            [COMMAND, "up", "--port", "0"], env=environment, check=True, capture_output=True, timeout=PATIENCE
        )
        assert done.returncode == 0
        info = read_info(self.home)
        assert info is not None
        self.info = info

    def kill(self) -> None:
        os.kill(self.info.pid, signal.SIGKILL)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        trust = ssl.create_default_context(cafile=self.home.azure / "bundle.pem")
        with httpx.Client(verify=trust, timeout=60) as client:
            token = client.get(
                f"{self.address}/msi/token?resource=https://management.azure.com&api-version=2019-08-01",
                headers={"x-identity-header": self.owner_token},
            ).json()["access_token"]
            answer = client.request(
                method, f"{self.address}{WORKSPACE}/{path}", json=body, headers={"authorization": f"Bearer {token}"}
            )
        assert answer.is_success, answer.text
        return answer.json()

    def status(self, name: str) -> str:
        return str(self.ask("GET", f"jobs/{name}")["properties"]["status"])


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Mortal]:
    home = Home(tmp_path / "home")
    made = Mortal(home, None)  # type: ignore[arg-type] # known once it is up
    made.up()
    yield made
    made.cli("down", status=None)


def controllers(home: Home) -> list[psutil.Process]:
    """The runners of sweeps."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            words = process.environ().get("DRIVETRAIN_JOB_DIR", "") + " ".join(process.cmdline())
            if str(home.root) in words and "job.sweep" in words:
                found.append(process)
    return found


def until(found: Any) -> None:
    deadline = time.monotonic() + PATIENCE
    while not found():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.1)


@pytest.mark.slow
def test_a_sweep_goes_on_after_its_server_and_its_controller_were_killed(mortal: Mortal) -> None:
    mortal.ask("PUT", "environments/bare/versions/1", {"properties": {"image": "python:3.11-slim"}})
    mortal.ask("PUT", "jobs/hardy", {"properties": SWEEP})
    until(lambda: "Running" in {each["properties"]["status"] for each in trials(mortal)})
    mortal.kill()
    killed = controllers(mortal.home)
    assert killed
    for process in killed:
        process.kill()
    mortal.up()
    until(lambda: mortal.status("hardy") in ("Completed", "Failed", "Canceled"))
    assert mortal.status("hardy") == "Completed"
    found = trials(mortal)
    assert sorted(each["name"] for each in found) == [f"hardy_{number}" for number in range(4)]
    assert {each["properties"]["status"] for each in found} == {"Completed"}
    assert mortal.ask("GET", "jobs/hardy")["properties"]["properties"]["best_child_run_id"] == "hardy_3"


def trials(mortal: Mortal) -> list[Any]:
    """The trials of the sweep."""
    found: list[Any] = mortal.ask("GET", "jobs?parentJobName=hardy&listViewType=All")["value"]
    return found
