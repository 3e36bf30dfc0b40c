"""What is kept of completed runs, and how long: rules, leases, and what they come to.

https://learn.microsoft.com/azure/devops/pipelines/policies/retention
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct, field

FOREVER = "forever"


class What(StrEnum):
    """What of a run is removed."""

    RUN = "run"
    """All of it: rows, logs, artifacts, attachments, work folders."""
    ARTIFACTS = "artifacts"
    WORK = "work"
    """The work folders that failed jobs have left."""


class Policy(Struct, frozen=True):
    """How long things are kept, in days from a run's end; 0 is for ever."""

    days: int = 30
    pull_request_days: int = 10
    artifact_days: int = 30
    """Of runs that nothing but `days` keeps."""
    work_days: int = 7
    recent: int = 3
    """How many of the newest runs of a pipeline, of its default branch, and of every branch in `branches` are kept."""
    mirror_days: int = 90
    """How long the mirror of a repository is kept that nobody uses and no run was made of, from its last use."""
    branches: Mapping[str, int] = field(default_factory=dict)
    """Patterns of branches in place of `days`; the first that matches counts."""


class Past(Struct, frozen=True):
    """A completed run, as far as the rules look at it."""

    id: int
    number: str
    pipeline: str
    branch: str
    """In full."""
    reason: str
    finished_at: str
    default_branch: str = ""
    """Of its project, in full."""
    leased: bool = False
    """Somebody keeps it."""
    artifacts: bool = False
    """It has artifacts that lie here."""
    work: bool = False
    """Work folders are left."""


class Fate(Struct, frozen=True):
    """What happens to a run, or to a part of it, and when."""

    run: Past
    what: What
    at: datetime | None
    """None for never."""
    why: str

    def due(self, now: datetime) -> bool:
        """Whether its time has come."""
        return self.at is not None and self.at <= now


class Lease(Struct, frozen=True):
    """Somebody keeps a run, whatever the rules say."""

    id: int
    run_id: int
    reason: str
    by: str
    created_at: str
    until: str = ""
    """Empty for ever."""
