"""The reference names of stages, jobs and steps, by which others refer to them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.definition.shape import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.definition.problems import Problems
    from drivetrain.errors import Position

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_MAX_NAME = 100
_RULE = "Valid names may only contain alphanumeric characters and '_' and may not start with a number."


class Named(Struct, frozen=True):
    """A name as it is declared; an empty one is none."""

    name: str
    position: Position
    label: str
    """For messages about a name that is not valid: `Stage A job B`."""
    again: str
    """What is said when it appears more than once."""


def check_names(names: Sequence[Named], problems: Problems) -> None:
    """Names are made of letters, digits and `_`, and are unique ignoring case."""
    seen: set[str] = set()
    for named in names:
        if not named.name:
            continue
        if not _NAME.match(named.name) or len(named.name) > _MAX_NAME:
            hint = f"letters, digits and _, not beginning with a digit, at most {_MAX_NAME}"
            problems.error(named.position, f"{named.label} has an invalid name. {_RULE}", code="wrong-name", hint=hint)
        elif named.name.lower() in seen:
            problems.error(named.position, named.again, code="duplicate-name", hint="names ignore case")
        seen.add(named.name.lower())


def stage_named(name: str, position: Position) -> Named:
    """The name of a stage."""
    again = f"The stage name {shown(name)} appears more than once. Stage names must be unique within a pipeline."
    return Named(name, position, f"Stage {shown(name)}", again)


def job_named(name: str, position: Position, stage: str) -> Named:
    """The name of a job; `stage` is empty for the one stage of a file without stages."""
    label = job_label(name, stage)
    if stage:
        return Named(name, position, label, f"{label} appears more than once. Job names must be unique within a stage.")
    again = f"The job name {shown(name)} appears more than once. Job names must be unique within a pipeline."
    return Named(name, position, label, again)


def step_named(name: str, position: Position, job: str) -> Named:
    """The name of a step; `job` is how messages call its job."""
    again = f"{job}: The step name {shown(name)} appears more than once. Step names must be unique within a job."
    return Named(name, position, f"{job}: Step {shown(name)}", again)


def job_label(name: str, stage: str) -> str:
    """How messages call a job."""
    return f"Stage {shown(stage)} job {shown(name)}" if stage else f"Job {shown(name)}"
