"""Approvals and checks: what keeps a stage from starting although its condition holds.

They are kept outside the files, at the resources that a stage uses.
https://learn.microsoft.com/azure/devops/pipelines/process/approvals
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from drivetrain.run.model import Result


class Gate(Struct, frozen=True):
    """Where the gate of a stage stands."""

    open: bool = False
    """Every check has passed, and the stage may begin."""
    result: Result | None = None
    """Set when a check has failed for good: the stage never runs, and this is its result."""
    reason: str = ""
    """For people: what is waited for, or why it was refused."""
    look_again: str = ""
    """When it may change without anybody doing anything, as a timestamp: a business hour, a timeout, another try.
    Empty when only a decision, the end of another run, or a change of a check can change it."""
    events: tuple[tuple[str, Mapping[str, object]], ...] = field(default=())
    """What is new since the last look, for the run's event stream: (type, data); `stage` is added to the data."""


OPEN = Gate(open=True)
