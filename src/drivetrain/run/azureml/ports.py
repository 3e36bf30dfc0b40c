"""What keeps the jobs of Azure Machine Learning, and what belongs to them.

Contracts: tests/contracts/test_azure_jobs.py, tests/contracts/test_node_keys.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from drivetrain.definition.azureml.model import JobKind
    from drivetrain.run.azureml.model import AzureJob


class JobsWanted(Struct, frozen=True):
    """Which jobs of a workspace are wanted, the newest first."""

    archived: bool | None = False
    """None for those, too, that are archived."""
    kind: JobKind | None = None
    tag: str = ""
    """`NAME` or `NAME=VALUE` of one of its tags."""
    parent: str | None = ""
    """Those that are part of this job; empty for those that are part of none, None for all."""
    schedule: str = ""
    """Those that this schedule has submitted."""
    scheduled: bool | None = None
    """Whether a schedule has submitted them."""
    before: int = 0
    """Only those older than this row, as `Jobs.list` tells it; 0 for all."""
    limit: int = 100


ACTIVE = JobsWanted()


class JobsPage(Struct, frozen=True):
    """Some of them, and where to go on."""

    jobs: Sequence[AzureJob] = ()
    next: int = 0
    """`before` of the next page; 0 when there is none."""


class AzureJobs(Protocol):
    """Keeps jobs. Names are compared ignoring case, as Azure does. Any thread may call it; every call is one
    transaction."""

    def add(self, job: AzureJob) -> AzureJob:
        """Keep a new one. Raises ConflictError when the workspace has one of that name."""
        ...

    def get(self, workspace: str, name: str) -> AzureJob:
        """One of them. Raises NotFoundError."""
        ...

    def list(self, workspace: str, wanted: JobsWanted = ...) -> JobsPage:
        """Those that are wanted, the newest first."""
        ...

    def change(self, workspace: str, name: str, edit: Callable[[AzureJob], AzureJob], *, by: str = "") -> AzureJob:
        """Replace its body, its `archived`, its run and job, its status and times by what `edit` makes of it. Raises
        NotFoundError, and what `edit` raises."""
        ...

    def of_run(self, run_id: int) -> Sequence[AzureJob]:
        """Those that a pipeline run carries out, as they were made."""
        ...

    def unfinished(self) -> Sequence[AzureJob]:
        """Those without a final status, oldest first."""
        ...

    def delete(self, workspace: str, name: str) -> None:
        """Forget it, and those that are part of it. Raises NotFoundError."""
        ...


class ComputeNodes(Protocol):
    """Who has the nodes of computes. A stage has one at most, and as long as its attempt is under way: whoever is
    killed, and whenever, what it had is free when its run's own rows say so. Every call is one transaction."""

    def holds(self, run_id: int, stage: str, attempt: int) -> bool:
        """Whether this attempt at a stage has a node."""
        ...

    def take(self, compute: str, place: tuple[int, str, int], capacity: int) -> bool:
        """Ask for a node for `(run, stage, attempt)`: whether it has one now. Nobody is given one before those that
        asked for it earlier."""
        ...

    def release(self, run_id: int, stage: str, attempt: int) -> None:
        """Give it back, or the place in the line for it. Doing it again is harmless."""
        ...


class NodeKeys(Protocol):
    """Which jobs have done, or do, what a key stands for. Any thread may call it."""

    def put(self, workspace: str, job: str, key: str) -> None:
        """Note the key of a job."""
        ...

    def jobs(self, workspace: str, key: str) -> Sequence[str]:
        """The names of the jobs with this key, the newest first."""
        ...


class Due(Struct, frozen=True):
    """A schedule and its time."""

    workspace: str
    name: str
    at: datetime


class ScheduleTimes(Protocol):
    """When schedules are due next. Any thread may call it."""

    def put(self, due: Due) -> None:
        """Set a schedule's time, in place of any other."""
        ...

    def delete(self, workspace: str, name: str) -> None:
        """It is never due; nothing when it was not."""
        ...

    def until(self, moment: datetime) -> Sequence[Due]:
        """Those that are due at a moment or before, the earliest first."""
        ...

    def next(self) -> datetime | None:
        """The earliest time of all."""
        ...
