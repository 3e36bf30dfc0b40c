"""Exclusive lock: one stage at a time may use the resource.

https://learn.microsoft.com/azure/devops/pipelines/process/approvals#exclusive-lock
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.run.checks.facts import Finding, deadline, in_words
from drivetrain.run.checks.model import Category, CheckState
from drivetrain.run.model import Result

if TYPE_CHECKING:
    from drivetrain.run.checks.facts import Facts
    from drivetrain.run.checks.model import CheckRun

TYPE = "exclusiveLock"
TITLE = "Exclusive lock"
TIMEOUT_RESULT = Result.SKIPPED
MONTH = 43200
SEQUENTIAL = "sequential"
"""`lockBehavior` of stages that wait in turn; any other means that only the latest run waits (`runLatest`)."""


class Settings(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """How it is set."""

    timeout: float = MONTH

    def verify(self) -> None:
        """There is nothing that could be wrong."""


def category(settings: Settings) -> Category:
    """Last of all."""
    del settings
    return Category.LOCK


def describe(settings: Settings) -> str:
    """In a few words, for people."""
    return f"one stage at a time, within {in_words(settings.timeout)}"


def look(settings: Settings, check: CheckRun, facts: Facts) -> Finding:
    """It waits until the lock was asked for, which is done for all locks of a stage at once."""
    del facts
    return Finding(CheckState.RUNNING, check.reason, deadline(check, settings.timeout))
