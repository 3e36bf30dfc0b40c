"""Who asks a gate: a person, or a step of a job that is running."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
from msgspec import Struct

from drivetrain.home import Home
from drivetrain.run.launch import SPEC_FILE
from drivetrain.run.model import JobSpec
from drivetrain.run.runner.processes import JOB_MARK
from drivetrain.wire.asked import current_user
from drivetrain.wire.storage import Storage

TITLE = "SYSTEM_TASKDISPLAYNAME"
LONGEST_TITLE = 200


class Asker(Struct, frozen=True):
    """Where a command was started, as far as gates care."""

    home: Home
    by: str
    run_id: int | None = None
    """None outside of a job."""
    step: str = ""
    project: str = ""
    restricted: bool = False
    """A pull request from a fork: it may ask, and gives no alias."""

    @property
    def in_job(self) -> bool:
        """Whether it is a step of a job."""
        return self.run_id is not None


def asker() -> Asker:
    """By the marks that every step's programs carry."""
    spec = _spec(os.environ.get(JOB_MARK, ""))
    if spec is None:
        return Asker(Home.default(), current_user())
    home = Home(Path(spec.home))
    run = Storage(home).runs.get(spec.run_id)
    title = os.environ.get(TITLE, "")[:LONGEST_TITLE]
    step = f"{spec.ref}: {title}" if title else str(spec.ref)
    project = run.project if run.project_id is not None else ""
    return Asker(home, f"run {spec.number}", spec.run_id, step, project, spec.restricted)


def _spec(folder: str) -> JobSpec | None:
    if not folder:
        return None
    try:
        spec = msgspec.json.decode((Path(folder) / SPEC_FILE).read_bytes(), type=JobSpec)
    except (OSError, ValueError, msgspec.MsgspecError):
        return None
    inside = Path(folder).resolve().is_relative_to(Home(Path(spec.home)).run(spec.run_id).resolve())
    return spec if inside else None
