"""Hostile names as segments of an address."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from drivetrain.run.model import JobRef


def key(text: str) -> str:
    """A name as one segment of a path: nothing in it means anything to a path, and no two names share one."""
    return quote(text, safe="").replace("~", "%7E").replace("%", "~").replace(".", "~2E") if text else "~"


def job_key(job: JobRef, attempt: int) -> str:
    """An attempt at a job as one segment of a path: `Build.train.1`."""
    return ".".join([*(key(part) for part in (job.stage, job.job, job.leg) if part), str(attempt)])
