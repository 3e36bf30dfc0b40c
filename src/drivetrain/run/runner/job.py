"""A job from its first step to its end: steps in order, cancellation, orphans, the result."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from typing import TYPE_CHECKING

from drivetrain.errors import DrivetrainError
from drivetrain.run.model import Result
from drivetrain.run.runner.kept import keep_environment
from drivetrain.run.runner.own_steps import initialize_containers, stop_containers
from drivetrain.run.runner.phases import parts_of
from drivetrain.run.runner.processes import JOB_MARK, has_children, sweep
from drivetrain.run.runner.software import software
from drivetrain.run.runner.step import run_step, skip_step
from drivetrain.run.tasks.registry import phases_of

if TYPE_CHECKING:
    from drivetrain.run.runner.state import JobState


def run_job(job: JobState) -> Result:
    """Run every step, end what they left behind, and journal the job's end."""
    job.watch.on_cancel = lambda reason: _canceled(job, reason)
    parts = parts_of(job.spec.steps, lambda reference: phases_of(reference, job.packages))
    ready = initialize_containers(job)
    for index, part in enumerate(parts, 1):
        if not ready:
            skip_step(job, part.plan, index, "The containers of the job could not be started.")
            continue
        job.watch.begin_step(0, lambda: True)
        run_step(job, part.plan, index, part.phase)
    stop_containers(job, len(parts) + 1)
    end_orphans(job)
    settle(job)
    job.watch.begin_step(0, lambda: True)
    job.watch.stop()  # A cancellation during the last step counts.
    if job.spec.keep_work != "never":
        keep_environment(job)
    tell_software(job)
    job.record("job.completed", result=job.status, reason=job.watch.reason if job.status is Result.CANCELED else "")
    return job.status


def tell_software(job: JobState) -> None:
    """What it had for Python, where it had an environment: runs are compared by it."""
    with contextlib.suppress(OSError):
        found = software(job.layout.job)
        if found:
            job.record("environment.used", environments=found)


def _canceled(job: JobState, reason: str) -> None:
    job.record("job.canceling", reason=reason)
    job.set_status(Result.CANCELED)


def end_orphans(job: JobState) -> None:
    """End processes that steps left running, as the agent does when a job is done."""
    if has_children():
        # Descent finds those that threw their environment away: this process adopts what steps leave.
        for pid in sweep([f"{JOB_MARK}={job.layout.job}"], [os.getpid()]):
            sys.stderr.write(f"Terminate orphan process: pid ({pid})\n")


def settle(job: JobState) -> None:
    """Do what steps wanted done at the end, each once."""
    while job.at_end:
        with contextlib.suppress(OSError):
            job.at_end.pop()()


def give_up(job: JobState) -> None:
    """Our own failure: no process is left, and no script with secrets in it."""
    if job.containers is not None:
        with contextlib.suppress(DrivetrainError):
            job.containers.stop()
    end_orphans(job)
    settle(job)
    shutil.rmtree(job.layout.temp, ignore_errors=True)


def clean_up(job: JobState) -> None:
    """Remove the folders of the job that are not to be kept."""
    shutil.rmtree(job.layout.temp, ignore_errors=True)
    good = job.status in (Result.SUCCEEDED, Result.SUCCEEDED_WITH_ISSUES)
    if job.spec.keep_work == "never" or (job.spec.keep_work == "failed" and good):
        shutil.rmtree(job.layout.work, ignore_errors=True)
        shutil.rmtree(job.layout.job / "python", ignore_errors=True)
