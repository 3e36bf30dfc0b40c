"""From words of hooks and looks at repositories to events: each move of a ref becomes exactly one.

The store compares and swaps, so a move that is reported twice counts once. What is left to do here is order: a push
whose predecessor's word is still on its way waits for it a moment, so that it does not swallow it; and a look at a
repository that may have hooks waits as long before it believes that no word will come.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from drivetrain.errors import DrivetrainError
from drivetrain.source.git import is_local, is_zero, without_credentials
from drivetrain.source.inbox import LOOK, keep, read_words, settle, sweep
from drivetrain.source.model import Reason, RefUpdate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from drivetrain.source.inbox import Line, Word
    from drivetrain.source.model import Project
    from drivetrain.source.ports import Projects, Repositories, SourceEvents

GRACE_SECONDS = 1.0
RETRY_SECONDS = 5.0
SWEEP_SECONDS = 60.0


class Watcher:
    """Looks at the inbox and at repositories whenever it is asked to; belongs to one thread."""

    def __init__(
        self,
        inbox: Path,
        projects: Projects,
        events: SourceEvents,
        repositories: Repositories,
        *,
        report: Callable[[str], None],
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inbox = inbox
        self._projects = projects
        self._events = events
        self._repositories = repositories
        self._report = report
        self._wall = wall
        self._steady = steady
        self._polls: dict[int, float] = {}
        """When to look next, per project."""
        self._differences: dict[int, tuple[float, Mapping[str, str]]] = {}
        """What a look has found that no hook has told of yet, and when to believe it."""
        self._troubles: dict[int, str] = {}
        self._swept = 0.0

    @property
    def troubles(self) -> Mapping[int, str]:
        """Why a project's repository could not be looked at, by project."""
        return self._troubles

    def look(self) -> int:
        """Take in what has happened; the number of new events. Words first: they know every push, a poll only the
        last.
        """
        return self.take_words() + self.poll()

    def take_words(self) -> int:
        """Turn the words in the inbox into events."""
        now = self._wall()
        if now - self._swept > SWEEP_SECONDS:
            sweep(self._inbox, now)
            self._swept = now
        words = read_words(self._inbox)
        taken = 0
        progress = bool(words)
        while progress:  # a word that had to wait may fit now
            before, waiting = taken, []
            for word in words:
                count, left = self._take(word, now)
                taken += count
                waiting += [left] if left else []
            progress = taken > before and bool(waiting)
            words = waiting
        return taken

    def _take(self, word: Word, now: float) -> tuple[int, Word | None]:
        """Settle what fits; the number of events, and the word while lines of it have to wait."""
        project = self._projects.get(word.project_id)
        if project is None:
            settle(word.path)
            return 0, None
        if word.hook == LOOK:
            return self._take_look(project, word)
        aged = now - word.written_ns / 1e9 > GRACE_SECONDS
        taken, waiting = 0, []
        for line in word.lines:
            event, settled = self._take_line(project, word, line, aged=aged)
            taken += event
            if not settled:
                waiting.append(line)
        keep(word, waiting)
        return taken, _with_lines(word, waiting) if waiting else None

    def _take_look(self, project: Project, word: Word) -> tuple[int, Word | None]:
        """Look at the repository; the word stays until that went well."""
        if project.id in self._troubles and self._steady() < self._polls.get(project.id, 0.0):
            return 0, word
        taken = self._poll(project)
        if project.id in self._troubles:
            return 0, word
        settle(word.path)
        return taken, None

    def _take_line(self, project: Project, word: Word, line: Line, *, aged: bool) -> tuple[bool, bool]:
        """(an event was made, the line is settled)."""
        if not line.ref.startswith(("refs/heads/", "refs/tags/")):
            return False, True
        new = "" if is_zero(line.new_sha) else line.new_sha
        old = "" if is_zero(line.old_sha) else line.old_sha
        seen = self._events.position(project.id, line.ref)
        if seen == new:
            return False, True
        if seen == old:
            return self._ingest(project, line.ref, old, new, word), True
        return self._take_misfit(project, word, line.ref, seen, new, aged=aged)

    def _take_misfit(
        self, project: Project, word: Word, ref: str, seen: str, new: str, *, aged: bool
    ) -> tuple[bool, bool]:
        """The ref was last seen elsewhere than where this move began. What the repository has now is the truth."""
        if word.pushed and not aged:
            return False, False  # the word of the push before this one is on its way
        try:
            current = self._repositories.refs(project.url).get(ref, "")
        except DrivetrainError as error:
            self._trouble(project, error)
            return False, aged  # a poll will find it
        if not word.pushed and current == new:
            return self._ingest(project, ref, seen, new, word), True  # a working tree moves refs without a word, too
        if not aged:
            return False, False
        return current != seen and self._ingest(project, ref, seen, current, word), True

    def _ingest(self, project: Project, ref: str, old: str, new: str, word: Word | None = None) -> bool:
        """A word counts once for each of its refs, also when it is left again after a crash."""
        once = None if word is None else f"{word.path.name} {ref}"
        return self._events.ingest(RefUpdate(project.id, ref, old, new), Reason.INDIVIDUAL_CI, once) is not None

    def poll(self) -> int:
        """Look at every project whose time has come; the number of new events."""
        taken = 0
        for project in self._projects.all():
            taken += self._believe(project)
            if project.poll_seconds and self._steady() >= self._polls.get(project.id, 0.0):
                taken += self._poll(project)
        return taken

    def _poll(self, project: Project) -> int:
        try:
            refs = self._repositories.refs(project.url)
        except DrivetrainError as error:
            self._trouble(project, error)
            self._polls[project.id] = self._steady() + max(RETRY_SECONDS, project.poll_seconds)
            return 0
        self._troubles.pop(project.id, None)
        self._polls[project.id] = self._steady() + project.poll_seconds
        seen = self._events.positions(project.id)
        moved = {ref: refs.get(ref, "") for ref in refs.keys() | seen.keys() if refs.get(ref) != seen.get(ref)}
        if not moved:
            return 0
        if is_local(project.url):
            self._differences.setdefault(project.id, (self._steady() + GRACE_SECONDS, seen))
            return 0
        return self._take_moved(project, seen, moved)

    def _believe(self, project: Project) -> int:
        """Act on what a look has found, unless a hook's word has come for it in the meantime."""
        due, before = self._differences.get(project.id, (0.0, {}))
        if not due or self._steady() < due:
            return 0
        del self._differences[project.id]
        try:
            refs = self._repositories.refs(project.url)
        except DrivetrainError as error:
            self._trouble(project, error)
            return 0
        seen = self._events.positions(project.id)
        names = refs.keys() | seen.keys()
        still = {ref: refs.get(ref, "") for ref in names if seen.get(ref) == before.get(ref) != refs.get(ref)}
        return self._take_moved(project, seen, still)

    def _take_moved(self, project: Project, seen: Mapping[str, str], moved: Mapping[str, str]) -> int:
        return sum(self._ingest(project, ref, seen.get(ref, ""), new) for ref, new in sorted(moved.items()))

    def _trouble(self, project: Project, error: DrivetrainError) -> None:
        """Say it once, not at every look."""
        if self._troubles.get(project.id) != error.message:
            self._troubles[project.id] = error.message
            self._report(f"project {project.name}: cannot look at {without_credentials(project.url)}: {error.message}")


def _with_lines(word: Word, lines: list[Line]) -> Word:
    return type(word)(word.path, word.project_id, word.hook, tuple(lines), word.written_ns)
