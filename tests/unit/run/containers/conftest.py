from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.container_engine import need_engine
from tests.unit.run.runner.job_runs import alive, git, make_job, run_job, step, task, until

__all__ = ["alive", "git", "make_job", "run_job", "step", "task", "until"]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> str:
    """The program of a container engine that works here."""
    return need_engine(monkeypatch)


@pytest.fixture(params=["stand-in", "real"])
def any_engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The same by an engine that works here, and by one that only pretends, where there may be none."""
    if request.param == "real":
        return need_engine(monkeypatch)
    state, program = tmp_path / "containers", tmp_path / "engine" / "docker"
    for folder in (state, program.parent):
        folder.mkdir()
    program.write_text(
        f'#!/bin/sh\nexec {sys.executable} {Path(__file__).with_name("stand_in_engine.py")} {state} "$@"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("DRIVETRAIN_CONTAINER_ENGINE", str(program))
    return str(program)
