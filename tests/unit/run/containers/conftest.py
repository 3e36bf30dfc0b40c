from __future__ import annotations

import pytest

from tests.container_engine import need_engine
from tests.unit.run.runner.job_runs import alive, git, make_job, run_job, step, task, until

__all__ = ["alive", "git", "make_job", "run_job", "step", "task", "until"]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> str:
    """The program of a container engine that works here."""
    return need_engine(monkeypatch)
