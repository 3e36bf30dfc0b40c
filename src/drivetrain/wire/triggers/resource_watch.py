"""Looks at the other repositories whose pushes are to start runs: `trigger` of `resources.repositories`.

https://learn.microsoft.com/azure/devops/pipelines/repos/multi-repo-checkout#triggers
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from drivetrain.errors import DrivetrainError
from drivetrain.source.addresses import plain_address
from drivetrain.source.events import RepositoryMoved
from drivetrain.source.git import is_local, without_credentials
from drivetrain.source.model import Reason, RefUpdate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivetrain.definition.model import RepositoryResource
    from drivetrain.source.model import Project
    from drivetrain.source.ports import Projects, SourceEvents
    from drivetrain.source.triggers.ports import ResourceRefs
    from drivetrain.wire.repositories import Repositories
    from drivetrain.wire.triggers.standing import Standing

SELF = "self"
LOCAL_SECONDS = 2.0
"""How often a repository in a folder of this machine is looked at."""


class ResourceWatch:
    """Belongs to one thread."""

    def __init__(
        self,
        projects: Projects,
        events: SourceEvents,
        seen: ResourceRefs,
        standing: Standing,
        repositories: Callable[[str], Repositories],
        report: Callable[[str], None],
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._projects = projects
        self._events = events
        self._seen = seen
        self._standing = standing
        self._repositories = repositories
        self._report = report
        self._steady = steady
        self._next: dict[tuple[int, str], float] = {}
        self._twins: Mapping[str, int] = {}
        """The projects, by where their repositories are."""
        self._positions: dict[tuple[int, str], Mapping[str, str]] = {}

    def look(self) -> int:
        """Look at every repository whose time has come; the number of new events."""
        taken, projects = 0, self._projects.all()
        self._twins = {plain_address(project.url): project.id for project in projects}
        for project in projects:
            try:
                named = self._named(project)
            except DrivetrainError as error:
                self._trouble(project, error)
                continue
            for url, resources in named.items():
                taken += self._look_at(project, url, resources)
        return taken

    def _named(self, project: Project) -> Mapping[str, list[RepositoryResource]]:
        """The repositories that a project's file names with a trigger, by where they are."""
        named: dict[str, list[RepositoryResource]] = {}
        for resource in self._standing.resources(project).repositories:
            wanted = resource.trigger is not None and resource.trigger.enabled and resource.alias.lower() != SELF
            if wanted and project.poll_seconds:
                named.setdefault(self._repositories(project.name).url(resource), []).append(resource)
        return named

    def _look_at(self, project: Project, url: str, resources: list[RepositoryResource]) -> int:
        key = (project.id, url)
        if not self._told_of(key) and self._steady() < self._next.get(key, 0.0):
            return 0
        seconds = min(LOCAL_SECONDS, project.poll_seconds) if is_local(url) else project.poll_seconds
        self._next[key] = self._steady() + seconds
        try:
            refs = self._repositories(project.name).refs(resources[0])
        except DrivetrainError as error:
            self._trouble(project, error)
            return 0
        shown = without_credentials(url)
        if self._seen.positions(project.id, shown) is None:  # what is there when it is first looked at starts nothing
            self._seen.put(project.id, shown, {ref: (sha, 0) for ref, sha in refs.items()})
            return 0
        return self._take_moved(project, shown, resources, refs)

    def _take_moved(
        self, project: Project, url: str, resources: list[RepositoryResource], refs: Mapping[str, str]
    ) -> int:
        before = self._seen.positions(project.id, url) or {}
        moved = {ref for ref in refs.keys() | before.keys() if refs.get(ref, "") != before.get(ref, ("", 0))[0]}
        taken = 0
        for ref in sorted(moved):
            old, moves = before.get(ref, ("", 0))
            new = refs.get(ref, "")
            if new:
                taken += sum(self._add(project, each, (ref, old, new), moves + 1) for each in resources)
            self._seen.put(project.id, url, {ref: (new, moves + 1)})
        return taken

    def _told_of(self, key: tuple[int, str]) -> bool:
        """Whether the repository is a project's as well, and that has just moved: its hooks are quicker than a look."""
        twin = self._twins.get(plain_address(key[1]))
        if twin is None:
            return False
        positions = self._events.positions(twin)
        told = positions != self._positions.get(key)
        self._positions[key] = positions
        return told

    def _add(self, project: Project, resource: RepositoryResource, move: tuple[str, str, str], count: int) -> bool:
        """The event, of the default branch as it is now; taken in once also after a crash before it was marked."""
        own = f"refs/heads/{project.branch}"
        update = RefUpdate(project.id, own, "", self._events.position(project.id, own))
        cause = RepositoryMoved(resource.alias, resource.name, *move)
        once = f"repository {project.id} {resource.alias.lower()} {resource.name} {move[0]} {move[2]} {count}"
        return self._events.add(update, Reason.RESOURCE_TRIGGER, cause, once) is not None

    def _trouble(self, project: Project, error: DrivetrainError) -> None:
        self._report(f"project {project.name}: other repositories cannot be looked at: {error.message}")
