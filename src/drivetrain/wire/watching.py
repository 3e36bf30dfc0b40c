"""The thread that takes in pushes, and what pages say of the projects it watches."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.clock import timestamp
from drivetrain.errors import DrivetrainError
from drivetrain.source.git import is_local, without_credentials
from drivetrain.source.hooks import inspect
from drivetrain.source.processing import Processor
from drivetrain.source.watch import Watcher
from drivetrain.view.ports import ProjectStatus, Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from threading import Event

    from drivetrain.clock import Clock
    from drivetrain.home import Home
    from drivetrain.source.git import Git
    from drivetrain.source.model import Project
    from drivetrain.source.ports import Launch, Projects, SourceEvents

LOOK_SECONDS = 0.02
"""How often the inbox is listed; it is nearly always empty, and listing it costs microseconds."""
POLL_SECONDS = 0.25
HOOK_SECONDS = 10.0
_log = logging.getLogger(__name__)


class Watching:
    """Looks, ingests and launches until told to stop. All but `projects` belongs to one thread."""

    def __init__(
        self,
        home: Home,
        projects: Projects,
        events: SourceEvents,
        git: Git,
        launch: Launch,
        *,
        clock: Clock,
        wake: Callable[[], None],
    ) -> None:
        self._watcher = Watcher(home.inbox, projects, events, git, report=_log.warning)
        self._processor = Processor(projects, events, launch, report=_log.info)
        self._projects = projects
        self._inbox = home.inbox
        self._clock = clock
        self._wake = wake
        self._checked_at = ""
        self._hooks: dict[int, tuple[float, bool]] = {}

    def serve(self, stop: Event) -> None:
        """Work until `stop` is set."""
        poll_at = 0.0
        while not stop.is_set():
            taken = self._watcher.take_words()
            due = time.monotonic() >= poll_at
            if due:
                taken += self._watcher.poll()
                poll_at = time.monotonic() + POLL_SECONDS
                self._checked_at = timestamp(self._clock.now())
            if (taken or due) and self._processor.process():
                self._wake()
            stop.wait(LOOK_SECONDS)

    def projects(self) -> Sequence[ProjectStatus]:
        """All projects with how they are watched. Any thread may ask."""
        return [self._status(project) for project in self._projects.all()]

    def _status(self, project: Project) -> ProjectStatus:
        poll = Watch.POLL if project.poll_seconds else Watch.NONE
        watch = Watch.HOOK if is_local(project.url) and self._has_hooks(project) else poll
        shown = replace(project, url=without_credentials(project.url))
        return ProjectStatus(shown, watch, self._checked_at, self._watcher.troubles.get(project.id, ""))

    def _has_hooks(self, project: Project) -> bool:
        until, known = self._hooks.get(project.id, (0.0, False))
        if time.monotonic() >= until:
            known = has_hooks(project, self._inbox)
            self._hooks[project.id] = (time.monotonic() + HOOK_SECONDS, known)
        return known


def has_hooks(project: Project, inbox: Path) -> bool:
    """Whether every hook of the project's repository is there and tells this home."""
    try:
        return all(state.ours for state in inspect(Path(project.url), inbox, project.id))
    except DrivetrainError:
        return False
