from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.run.runner.job_runs import alive, git, make_job, run_job, step, task, until

__all__ = ["alive", "git", "make_job", "run_job", "step", "task", "until"]

ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="session")
def node() -> str:
    """Node.js, without which no task package runs."""
    found = shutil.which("node")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have Node.js with npm")
        pytest.skip("Node.js is not installed")
    return found


@pytest.fixture(scope="session")
def task_lib(node: str) -> Path:
    """The `node_modules` of Azure's own task library, as it is published."""
    assert node
    done = subprocess.run([ROOT / "scripts" / "task_lib"], capture_output=True, text=True, check=False)
    if done.returncode:
        if os.environ.get("CI"):
            pytest.fail(f"CI must be able to install azure-pipelines-task-lib:\n{done.stderr}")
        pytest.skip(f"azure-pipelines-task-lib cannot be installed: {done.stderr[-200:]}")
    return Path(done.stdout.strip())


@pytest.fixture(scope="session")
def probe(task_lib: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The task of the tests, with its library: a package as a user would have it."""
    folder = tmp_path_factory.mktemp("packages") / "ProbeV2"
    shutil.copytree(ROOT / "tests" / "task_packages" / "ProbeV2", folder)
    shutil.copytree(task_lib, folder / "node_modules", symlinks=True)
    return folder
