"""Where it is kept what triggers wait for. The stores pass tests/contracts/test_triggers.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from drivetrain.source.model import Schedule


class BranchAt(Struct, frozen=True):
    """A branch of a project and where it is; an empty sha means that it is gone."""

    project_id: int
    ref: str
    sha: str


class Planned(Struct, frozen=True):
    """A schedule of a branch's file, and when it is due next."""

    project_id: int
    ref: str
    schedule: Schedule
    due_at: datetime


class PipelineSchedules(Protocol):
    """When `schedules:` are due. Every call is one transaction."""

    def moved(self, limit: int = 1000) -> Sequence[BranchAt]:
        """Branches that are not where they were when their file was last looked at for schedules."""
        ...

    def file_id(self, project_id: int, ref: str) -> str | None:
        """The file of a branch as it was last looked at; empty when there was none, None when it never was."""
        ...

    def put(self, branch: BranchAt, file_id: str, planned: Sequence[Planned] | None) -> None:
        """The file of a branch was looked at. Its schedules take the place of those before, but one that was there
        already keeps its time; with None all stay as they are. A branch that is gone is forgotten.
        """
        ...

    def due(self, moment: datetime) -> Sequence[Planned]:
        """Those that are due at a moment or before, the earliest first."""
        ...

    def every(self, project_id: int | None = None) -> Sequence[Planned]:
        """All, of one project or of all, the earliest first."""
        ...

    def advance(self, planned: Planned, due_at: datetime | None) -> None:
        """It is due at another time, or never again. Nothing happens when its branch's file has changed meanwhile and
        has no such schedule.
        """
        ...


class ProgressedRuns(Protocol):
    """Runs of projects of which a stage, or all, has ended since it was last looked at what they start."""

    def pending(self, limit: int = 100) -> Sequence[tuple[int, int]]:
        """(run, mark), oldest first."""
        ...

    def done(self, run_id: int, mark: int) -> None:
        """It was looked at as it was at this mark; when more has ended since, it stays."""
        ...


class ResourceRefs(Protocol):
    """Refs of other repositories, as they were last seen for a project. Every call is one transaction."""

    def positions(self, project_id: int, url: str) -> Mapping[str, tuple[str, int]] | None:
        """By ref where it was, and how often it has moved; None when the repository was never looked at."""
        ...

    def put(self, project_id: int, url: str, refs: Mapping[str, tuple[str, int]]) -> None:
        """These are seen now, each with how often it has moved; the others stay as they were."""
        ...
