"""The main job, as `make demo` runs it: real packages from the index, real training, real pushes."""

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
def test_the_demonstration_trains_twice_and_compares(tmp_path: Path) -> None:
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
    assert [row[0].partition(".")[2] for row in rows] == ["1", "2"]
    assert [row[2] for row in rows] == ["FINISHED", "FINISHED"]
    assert {"rmse", "r2", "learning_rate"} <= set(table.split())
    assert rows[0][3:] != rows[1][3:]
    assert re.search(r"http://127\.0\.0\.1:\d+/runs", done.stdout)
    assert "all of it happened" in done.stdout
