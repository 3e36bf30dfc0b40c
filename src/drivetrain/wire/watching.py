"""The thread that takes in pushes, and what pages say of the projects it watches."""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.clock import timestamp
from drivetrain.errors import DrivetrainError
from drivetrain.source.access import sweep_keys
from drivetrain.source.git import is_local, without_credentials
from drivetrain.source.hooks import inspect
from drivetrain.source.host_looks import HostLooks
from drivetrain.source.processing import Processor
from drivetrain.source.pull_request_looks import PullRequestLooks
from drivetrain.source.watch import Watcher
from drivetrain.store.host_looks import SqliteHostLooks
from drivetrain.view.ports import ProjectStatus, Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from threading import Event

    from drivetrain.home import Home
    from drivetrain.source.git import Git
    from drivetrain.source.hosts.ports import Host
    from drivetrain.source.model import Project
    from drivetrain.source.ports import Launch, Projects, SourceEvents
    from drivetrain.wire.storage import Storage

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
        wake: Callable[[], None],
        hosts: Callable[[int], Host | None] = lambda _: None,
        linked: Callable[[int], bool] = lambda _: False,
        pull_requests: Callable[[Project, Host], None] = lambda _project, _host: None,
    ) -> None:
        """`hosts` gives the client for a project, None without one; `linked` says whether its host tells of pushes;
        `pull_requests` takes in the open ones of a host.
        """
        self._host_looks = HostLooks(git, hosts, pull_requests)
        self._watcher = Watcher(
            home.inbox,
            projects,
            events,
            git,
            report=_log.warning,
            look=self._host_looks.refs,
            linked=linked,
            start=_in_thread,
        )
        self._linked = linked
        self._processor = Processor(projects, events, launch, report=_log.info)
        self._projects = projects
        self._inbox = home.inbox
        self._wake = wake
        self._hooks: dict[int, tuple[float, bool]] = {}

    def serve(self, stop: Event) -> None:
        """Work until `stop` is set."""
        sweep_keys()
        poll_at = 0.0
        while not stop.is_set():
            taken = self._watcher.take_words()
            due = time.monotonic() >= poll_at or self._watcher.urgent
            if due:
                taken += self._watcher.poll()
                poll_at = time.monotonic() + POLL_SECONDS
            if (taken or due) and self._processor.process():
                self._wake()
            stop.wait(LOOK_SECONDS)

    def projects(self) -> Sequence[ProjectStatus]:
        """All projects with how they are watched. Any thread may ask."""
        return [self._status(project) for project in self._projects.all()]

    def _status(self, project: Project) -> ProjectStatus:
        poll = Watch.POLL if project.poll_seconds else Watch.NONE
        if self._linked(project.id):
            poll = Watch.HOST
        watch = Watch.HOOK if is_local(project.url) and self._has_hooks(project) else poll
        shown = replace(project, url=without_credentials(project.url))
        looked = self._watcher.looked.get(project.id)
        checked_at = timestamp(datetime.fromtimestamp(looked, UTC)) if looked else ""
        trouble = self._watcher.troubles.get(project.id) or self._host_looks.notes.get(project.id, "")
        return ProjectStatus(shown, watch, checked_at, trouble)

    def _has_hooks(self, project: Project) -> bool:
        until, known = self._hooks.get(project.id, (0.0, False))
        if time.monotonic() >= until:
            known = has_hooks(project, self._inbox)
            self._hooks[project.id] = (time.monotonic() + HOOK_SECONDS, known)
        return known


def watching_of(storage: Storage, launch: Launch, wake: Callable[[], None]) -> Watching:
    """The watching of a home: hosts are asked as well, where projects are linked to them."""
    first = SqliteHostLooks(storage.database, storage.clock).is_first
    return Watching(
        storage.home,
        storage.projects,
        storage.source_events,
        storage.git,
        launch,
        wake=wake,
        hosts=storage.hosts.of,
        linked=lambda project_id: storage.links.get(project_id) is not None,
        pull_requests=PullRequestLooks(storage.pull_requests, storage.source_events, first),
    )


def _in_thread(work: Callable[[], None]) -> None:
    """A thread of its own, which the server does not wait for when it ends: a host may not answer for a minute."""
    threading.Thread(target=work, name="look", daemon=True).start()


def has_hooks(project: Project, inbox: Path) -> bool:
    """Whether every hook of the project's repository is there and tells this home."""
    try:
        return all(state.ours for state in inspect(Path(project.url), inbox, project.id))
    except DrivetrainError:
        return False
