"""Reads the schedules of branches when their files change, and makes events of those that are due.

Everything starts from what the database says, so a crash between two steps costs nothing: a branch whose file was not
looked at yet is looked at again, and an event that was taken in already is not taken in twice.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from drivetrain.clock import timestamp
from drivetrain.errors import DrivetrainError, UserError
from drivetrain.source.events import ScheduleDue
from drivetrain.source.file_ids import file_ids
from drivetrain.source.model import Reason, RefUpdate
from drivetrain.source.triggers.ports import Planned
from drivetrain.source.triggers.schedules import first_due, look, of_branch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from drivetrain.clock import Clock
    from drivetrain.source.git import Git
    from drivetrain.source.model import Project
    from drivetrain.source.ports import Projects, SourceEvents
    from drivetrain.source.triggers.ports import BranchAt, PipelineSchedules
    from drivetrain.wire.triggers.standing import Standing

RETRY_SECONDS = 15.0


class Scheduling:
    """Files are read by one thread; what is due may be taken by another, which no repository keeps waiting."""

    def __init__(
        self,
        projects: Projects,
        events: SourceEvents,
        schedules: PipelineSchedules,
        standing: Standing,
        git: Git,
        clock: Clock,
        report: Callable[[str], None],
    ) -> None:
        self._projects = projects
        self._events = events
        self._schedules = schedules
        self._standing = standing
        self._git = git
        self._clock = clock
        self._report = report
        self._looked_at: datetime | None = None
        self._not_before: dict[int, float] = {}
        """When to try again to read a project's repository."""

    def read_moved(self) -> None:
        """Look at the file of every branch that has moved. One repository that cannot be read keeps up no other."""
        places: dict[int, list[BranchAt]] = {}
        for branch in self._schedules.moved():
            places.setdefault(branch.project_id, []).append(branch)
        for project_id, branches in places.items():
            if time.monotonic() < self._not_before.get(project_id, 0.0):
                continue
            project = self._projects.get(project_id)
            try:
                self._read(project, branches)
            except DrivetrainError as error:
                self._not_before[project_id] = time.monotonic() + RETRY_SECONDS
                self._report(f"schedules of project {project.name if project else project_id}: {error.message}")

    def _read(self, project: Project | None, branches: Sequence[BranchAt]) -> None:
        gone = [branch for branch in branches if project is None or not branch.sha]
        for branch in gone:
            self._schedules.put(branch, "", ())
        there = [branch for branch in branches if project is not None and branch.sha]
        if project is None or not there:
            return
        files = self._files(project, {branch.sha for branch in there})
        for branch in there:
            file = files.get(branch.sha)
            if file is None:  # it was rewritten since, and the next look finds where it is now
                continue
            same = file == self._schedules.file_id(project.id, branch.ref)
            self._schedules.put(branch, file, None if same else self._planned(project, branch, file))

    def _files(self, project: Project, shas: Iterable[str]) -> Mapping[str, str | None]:
        shas = sorted(shas)
        repo = self._git.repository(project.url, shas[0])
        files = file_ids(repo, shas, project.file)
        if None in files.values():
            files = file_ids(self._git.mirror(project.url), shas, project.file)
        return files

    def _planned(self, project: Project, branch: BranchAt, file: str) -> list[Planned]:
        found = of_branch(self._standing.schedules(project, branch.ref, branch.sha) if file else (), branch.ref)
        now, planned = self._clock.now(), []
        for schedule in found:
            due_at = _first(schedule.cron, now)
            if due_at is not None:
                planned.append(Planned(project.id, branch.ref, schedule, due_at))
        return planned

    def take_due(self) -> int:
        """Make events of the schedules that are due; the number of new ones."""
        now = self._clock.now()
        if self._looked_at is None or now < self._looked_at:
            self._put_back(now)
        self._looked_at = now
        return sum(self._take(planned, now) for planned in self._schedules.due(now))

    def _put_back(self, now: datetime) -> None:
        """At the start, and when the clock went back: what is due later than its first moment after now is due then."""
        for planned in self._schedules.every():
            if planned.due_at > now:
                due_at = look(planned.schedule.cron, planned.due_at, now).due_at
                if due_at != planned.due_at:
                    self._schedules.advance(planned, due_at)

    def _take(self, planned: Planned, now: datetime) -> int:
        found = look(planned.schedule.cron, planned.due_at, now)
        sha = self._events.position(planned.project_id, planned.ref)
        taken = self._add(planned, timestamp(found.missed), sha) if found.missed is not None and sha else None
        self._schedules.advance(planned, found.due_at)
        return taken is not None

    def _add(self, planned: Planned, due_at: str, sha: str) -> int | None:
        schedule, place = planned.schedule, (planned.project_id, planned.ref)
        once = " ".join(("schedule", *map(str, place), schedule.cron, schedule.display_name, due_at))
        cause = ScheduleDue(schedule.cron, due_at, schedule.display_name)
        return self._events.add(RefUpdate(*place, "", sha), Reason.SCHEDULE, cause, once)


def _first(cron: str, now: datetime) -> datetime | None:
    try:
        return first_due(cron, now)
    except UserError:  # the definition takes no such expression
        return None
