"""The server is killed while a job runs: the job goes on, and what it came to is known right after a restart."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING

from drivetrain.home import Home
from drivetrain.wire.server_process import read_info
from tests.azure.conftest import COMMAND, PATIENCE, Served
from tests.azure.rest import Rest, until

if TYPE_CHECKING:
    from pathlib import Path


def up(home: Home) -> Served:
    environment = {**os.environ, "DRIVETRAIN_HOME": str(home.root), "DRIVETRAIN_AZURE_PORT": "0"}
    subprocess.run([COMMAND, "up", "--port", "0"], env=environment, check=True, capture_output=True, timeout=PATIENCE)
    info = read_info(home)
    assert info is not None
    return Served(home, info)


def test_a_killed_server(tmp_path: Path) -> None:
    served = up(Home(tmp_path / "home"))
    go, log = tmp_path / "go", "user_logs/std_log.txt"
    command = f"echo begun; while [ ! -e {go} ]; do sleep 0.05; done; echo ended; exit 5"
    with Rest(served, "withstand") as rest:
        rest.job("survivor", command).raise_for_status()
        until(lambda: rest.status("survivor") == "Running", "it runs")
    (artifacts,) = served.home.mlflow.glob("artifacts/*/survivor/artifacts")
    until(lambda: (artifacts / log).read_text() == "begun\n", "it has begun")
    os.kill(served.info.pid, signal.SIGKILL)
    go.touch()
    until(lambda: (artifacts / log).read_text() == "begun\nended\n", "it has ended, and nobody has noticed")
    served = up(served.home)
    try:
        with Rest(served, "withstand") as rest:
            assert rest.ends("survivor") == "Failed"
            until(lambda: "error" in rest.details("survivor"), "its training run says why")
            assert "status code 5" in rest.details("survivor")["error"]["error"]["message"]
            assert rest.details("survivor")["status"] == "Failed"
    finally:
        served.cli("down")
