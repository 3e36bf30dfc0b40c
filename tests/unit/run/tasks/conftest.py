from __future__ import annotations

from tests.unit.run.runner.job_runs import alive, git, make_job, run_job, step, task, until

__all__ = ["alive", "git", "make_job", "run_job", "step", "task", "until"]
