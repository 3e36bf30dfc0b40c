"""What a look at a project finds: refs by the host's API where that can say "nothing new", else by git; and the pull
requests whose deliveries never came.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from drivetrain.errors import DrivetrainError
from drivetrain.source.hosts.errors import RateLimitedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivetrain.source.hosts.ports import Host
    from drivetrain.source.model import Project
    from drivetrain.source.ports import Repositories


class HostLooks:
    """Any thread may call it, one at a time for each project."""

    def __init__(
        self,
        repositories: Repositories,
        hosts: Callable[[int], Host | None],
        pull_requests: Callable[[Project, Host], None] = lambda _project, _host: None,
        *,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """`hosts` gives the client for a project; None when it has none. `pull_requests` takes in the open ones."""
        self._repositories = repositories
        self._hosts = hosts
        self._pull_requests = pull_requests
        self._steady = steady
        self._lock = threading.Lock()
        self._marks: dict[int, tuple[Host, str, Mapping[str, str]]] = {}
        """By project: what the host calls the state of its refs, and these refs."""
        self._quiet: dict[int, float] = {}
        """By project: until when its host wants to be left alone."""
        self._notes: dict[int, str] = {}

    @property
    def notes(self) -> Mapping[int, str]:
        """What went wrong at the host's API while the repository itself could be looked at, by project."""
        return self._notes

    def refs(self, project: Project) -> Mapping[str, str]:
        """Branches and tags as they are now. Raises DrivetrainError when neither host nor git can tell."""
        host = self._host(project)
        found = self._of_host(project, host) if host else None
        refs = self._repositories.refs(project.url) if found is None else found
        if host is not None:
            self._try(project, lambda: self._pull_requests(project, host))
        return refs

    def _host(self, project: Project) -> Host | None:
        self._notes.pop(project.id, None)
        if self._steady() < self._quiet.get(project.id, 0.0):
            return None
        found: list[Host | None] = []
        self._try(project, lambda: found.append(self._hosts(project.id)))
        return found[0] if found else None

    def _of_host(self, project: Project, host: Host) -> Mapping[str, str] | None:
        """By the host's API; None when that cannot tell, and git is to be asked."""
        with self._lock:
            known = self._marks.get(project.id)
        before = known if known and known[0] is host else None
        found: list[tuple[str, Mapping[str, str] | None]] = []
        self._try(project, lambda: found.append(host.refs(before[1] if before else "")))
        if not found:
            return None
        mark, refs = found[0]
        if refs is None:
            return before[2] if before else None
        with self._lock:
            self._marks[project.id] = (host, mark, refs)
        return refs

    def _try(self, project: Project, ask: Callable[[], None]) -> None:
        try:
            ask()
        except DrivetrainError as error:
            self._notes[project.id] = f"{error.message}; {error.hint}" if error.hint else error.message
            if isinstance(error, RateLimitedError):
                self._quiet[project.id] = self._steady() + error.wait_seconds
        except Exception as error:  # noqa: BLE001 - an answer of an odd shape must not keep git from being asked
            self._notes[project.id] = f"the host's answer makes no sense ({type(error).__name__})"
