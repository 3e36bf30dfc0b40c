"""The pipeline files of branches as far as something waits for them: schedules, and triggers of resources.

A file is read once for each commit, and not at all while it names neither.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import TYPE_CHECKING

from drivetrain.definition.model import Resources
from drivetrain.errors import DefinitionError, NotFoundError, UnavailableError
from drivetrain.source.model import Reason
from drivetrain.wire.asked import of_project, project_source

if TYPE_CHECKING:
    from drivetrain.definition.model import Pipeline
    from drivetrain.source.git import Git
    from drivetrain.source.model import Project, Schedule
    from drivetrain.source.ports import SourceEvents
    from drivetrain.wire.making import Maker

KEPT = 500
"""How many files are kept in memory; what falls out is read again."""
RETRY_SECONDS = 15.0
WORDS = ("schedules", "resources")


class Standing:
    """Belongs to one thread."""

    def __init__(self, maker: Maker, git: Git, events: SourceEvents) -> None:
        self._maker = maker
        self._git = git
        self._events = events
        self._trouble: dict[int, tuple[float, UnavailableError]] = {}
        self._read: OrderedDict[tuple[int, str, str, str], Pipeline | None] = OrderedDict()

    def schedules(self, project: Project, ref: str, sha: str) -> tuple[Schedule, ...]:
        """Those of the file at a commit; none when it has errors or is not there. Raises UnavailableError."""
        pipeline = self._pipeline(project, ref, sha)
        return pipeline.schedules if pipeline else ()

    def resources(self, project: Project) -> Resources:
        """Those of the file on the default branch, as it was last seen. Raises UnavailableError."""
        ref = f"refs/heads/{project.branch}"
        sha = self._events.position(project.id, ref)
        pipeline = self._pipeline(project, ref, sha) if sha else None
        return pipeline.resources if pipeline else Resources()

    def _pipeline(self, project: Project, ref: str, sha: str) -> Pipeline | None:
        key = (project.id, project.file, ref, sha)
        if key not in self._read:
            self._read[key] = self._tried(project, ref, sha)
            if len(self._read) > KEPT:
                self._read.popitem(last=False)
        return self._read[key]

    def _tried(self, project: Project, ref: str, sha: str) -> Pipeline | None:
        """The file, unless its repository could not be read a moment ago."""
        again_at, error = self._trouble.get(project.id, (0.0, None))
        if error is not None and time.monotonic() < again_at:
            raise error
        try:
            found = self._parse(project, ref, sha)
        except UnavailableError as failure:
            self._trouble[project.id] = (time.monotonic() + RETRY_SECONDS, failure)
            raise
        self._trouble.pop(project.id, None)
        return found

    def _parse(self, project: Project, ref: str, sha: str) -> Pipeline | None:
        repo = self._git.repository(project.url, sha)
        try:
            text, files = self._maker.read(repo, sha, project.file, project.name)
            if not any(word in text for word in WORDS):
                return None
            new = of_project(project, project_source(project, repo, ref, sha), Reason.SCHEDULE)
            definition = self._maker.define(text, files, new)
        except (DefinitionError, NotFoundError):
            return None
        if files.repositories.unreachable is not None:
            raise files.repositories.unreachable
        return definition.pipeline
