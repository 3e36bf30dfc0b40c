"""`az ml job`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .ml_kinds import KINDS, described, first, loaded, view


def create(ml: Any, given: Any) -> Any:
    """Make a job from a file; with `--stream` show its log, and how it ended."""
    job = ml.jobs.create_or_update(loaded(given, KINDS["job"]), skip_validation=given.skip_validation)
    if given.save_as:
        import yaml  # noqa: PLC0415 - only this option needs it

        Path(given.save_as).write_text(yaml.safe_dump(described(job), sort_keys=False), "utf-8")
    if given.stream:
        ml.jobs.stream(job.name)
        job = ml.jobs.get(job.name)
    return described(job)


def show(ml: Any, given: Any) -> Any:
    """Show a job."""
    return described(ml.jobs.get(given.name))


def listing(ml: Any, given: Any) -> Any:
    """List jobs, newest first."""
    named = {"parent_job_name": given.parent_job_name} if given.parent_job_name else {}
    return first(ml.jobs.list(**named, **view(given)), given)


def stream(ml: Any, given: Any) -> Any:
    """Show the log of a job until it ends."""
    ml.jobs.stream(given.name)


def validate(ml: Any, given: Any) -> Any:
    """What is wrong with a job's file."""
    given.name = None
    result = ml.jobs.validate(loaded(given, KINDS["job"]))
    return result._to_dict()  # noqa: SLF001 - what the extension shows


def download(ml: Any, given: Any) -> Any:
    """Download outputs, or one of them, or all with the logs."""
    ml.jobs.download(given.name, download_path=given.download_path, output_name=given.output_name, all=given.all)
