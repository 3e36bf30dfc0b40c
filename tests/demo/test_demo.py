"""The main job, as `make demo` runs it: real packages, real training, real pushes, real endpoints."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

DRIVETRAIN = Path(sys.executable).parent / "drivetrain"


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_the_demonstration_trains_gates_releases_and_rolls_back(tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DRIVETRAIN_", "MLFLOW_"))}
    done = subprocess.run(
        [DRIVETRAIN, "demo", "--no-azure"],
        env={**kept, "DRIVETRAIN_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=False,
        timeout=1400,
    )
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-2000:]}"
    table = done.stdout.partition("Completed runs, side by side")[2]
    rows = [line.split() for line in table.splitlines() if re.match(r"\d{8}\.\d ", line)]
    assert [row[0].partition(".")[2] for row in rows] == ["1", "2", "3"]
    assert [row[2] for row in rows] == ["FINISHED"] * 3
    assert {"rmse", "r2", "learning_rate"} <= set(table.split())
    assert rows[0][3:] != rows[1][3:] != rows[2][3:]
    first, better, back = re.findall(r"endpoint invoke diabetes\n  (\[.*\])", done.stdout)
    assert first == back != better
    history = done.stdout.partition("What was live when")[2].partition("==>")[0]
    kinds = [line.split()[2] for line in history.splitlines() if re.match(r"  \d{4}-", line)]
    assert kinds[:3] == ["rollback", "release.finished", "release.step"]
    assert kinds.count("release.started") == 2
    assert re.search(r"http://127\.0\.0\.1:\d+/runs", done.stdout)
    assert "all of it happened" in done.stdout
