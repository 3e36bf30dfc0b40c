from __future__ import annotations

from tests.unit.run.runner.job_runs import make_job, run_job, task

__all__ = ["make_job", "run_job", "task"]
