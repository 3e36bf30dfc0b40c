"""From words of hooks and looks at repositories to events: each move of a ref becomes exactly one.

The store compares and swaps, so a move that is reported twice counts once. What is left to do here is order: a push
whose predecessor's word is still on its way waits for it a moment, so that it does not swallow it; and a look at a
repository that tells of pushes, by hooks or by its host, waits as long before it believes that no word will come.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from drivetrain.errors import DrivetrainError
from drivetrain.source.git import is_local, is_zero, without_credentials
from drivetrain.source.inbox import LOOK, keep, read_words, settle, sweep
from drivetrain.source.looks import ALL, Look, Looks, Plan, at_once
from drivetrain.source.model import Reason, RefUpdate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from drivetrain.source.inbox import Line, Word
    from drivetrain.source.model import Project
    from drivetrain.source.ports import Projects, Repositories, SourceEvents

GRACE_SECONDS = 1.0
LINKED_GRACE_SECONDS = 10.0
"""How long word of a push may take that a host delivers: deliveries overtake each other, and are tried again."""
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
        look: Callable[[Project], Mapping[str, str]] | None = None,
        linked: Callable[[int], bool] = lambda _: False,
        start: Callable[[Callable[[], None]], None] = at_once,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """`look` gives the refs of a project; else its repository is asked. `linked`: whether a project's host delivers
        word of pushes. `start` has a look done, by another thread where it may take long.
        """
        self._inbox = inbox
        self._projects = projects
        self._events = events
        self._repositories = repositories
        self._report = report
        self._linked = linked
        self._wall = wall
        self._steady = steady
        self._looks = Looks(look or (lambda project: repositories.refs(project.url)), start)
        self._plans: dict[int, Plan] = {}
        self._heard: dict[Path, float] = {}
        """When a word was first read. Its own time may lie: clocks are set back."""
        self._asked: dict[Path, int] = {}
        """Of a word that waits for a look: how many had begun before it asked for one."""
        self._troubles: dict[int, str] = {}
        self._looked: dict[int, float] = {}
        self._swept = float("-inf")

    @property
    def troubles(self) -> Mapping[int, str]:
        """Why a project's repository could not be looked at, by project."""
        return self._troubles

    @property
    def looked(self) -> Mapping[int, float]:
        """When a project's repository was last looked at with success, by project, in seconds since 1970."""
        return self._looked

    @property
    def urgent(self) -> bool:
        """Whether word waits for a look that may come to an end any moment: then poll as often as words are taken."""
        plans = self._plans.values()
        return bool(self._asked) and any(not plan.failures and (plan.asked or plan.looking) for plan in plans)

    def look(self) -> int:
        """Take in what has happened; the number of new events. Words first: they know every push, a poll only the
        last.
        """
        return self.take_words() + self.poll()

    def take_words(self) -> int:
        """Turn the words in the inbox into events."""
        now = self._steady()
        if now - self._swept > SWEEP_SECONDS:
            sweep(self._inbox, self._wall())
            self._swept = now
        words = read_words(self._inbox)
        self._heard = {word.path: self._heard.get(word.path, now) for word in words}
        self._asked = {path: at for path, at in self._asked.items() if path in self._heard}
        taken = 0
        progress = bool(words)
        while progress:  # a word that had to wait may fit now
            before, waiting = taken, []
            for word in words:
                count, left = self._take(word)
                taken += count
                waiting += [left] if left else []
            progress = taken > before and bool(waiting)
            words = waiting
        return taken

    def _take(self, word: Word) -> tuple[int, Word | None]:
        """Settle what fits; the number of events, and the word while lines of it have to wait."""
        project = self._projects.get(word.project_id)
        if project is None or (word.hook == LOOK and self._is_looked(project, word, ALL)):
            settle(word.path)
            return 0, None
        if word.hook == LOOK:
            return 0, word
        taken, waiting = 0, []
        for line in word.lines:
            event, settled = self._take_line(project, word, line)
            taken += event
            if not settled:
                waiting.append(line)
        keep(word, waiting)
        return taken, _with_lines(word, waiting) if waiting else None

    def _take_line(self, project: Project, word: Word, line: Line) -> tuple[bool, bool]:
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
        return self._take_misfit(project, word, line.ref, seen, new)

    def _take_misfit(self, project: Project, word: Word, ref: str, seen: str, new: str) -> tuple[bool, bool]:
        """The ref was last seen elsewhere than where this move began. What the repository has now is the truth."""
        aged = self._is_aged(project, word)
        if word.pushed and not aged:
            return False, False  # the word of the push before this one is on its way
        if not is_local(project.url):
            return False, self._is_looked(project, word, ref)
        try:
            current = self._repositories.refs(project.url).get(ref, "")
        except DrivetrainError as error:
            self._trouble(project, error)
            return False, aged  # a look will find it
        if not word.pushed and current == new:
            return self._ingest(project, ref, seen, new, word), True  # a working tree moves refs without a word, too
        if not aged:
            return False, False
        return current != seen and self._ingest(project, ref, seen, current, word), True

    def _is_aged(self, project: Project, word: Word) -> bool:
        age = max(self._steady() - self._heard.get(word.path, 0.0), self._wall() - word.written_ns / 1e9)
        return age > (GRACE_SECONDS if is_local(project.url) else LINKED_GRACE_SECONDS)

    def _is_looked(self, project: Project, word: Word, ref: str) -> bool:
        """Whether the repository was looked at because of this word. Until then the word stays, also over a restart."""
        plan = self._plan(project)
        if word.path not in self._asked:
            self._asked[word.path] = plan.begun
            plan.ask(ref, self._steady())
        return plan.looked > self._asked[word.path]

    def _ingest(self, project: Project, ref: str, old: str, new: str, word: Word | None = None) -> bool:
        """A word counts once for each of its refs, also when it is left again after a crash."""
        once = None if word is None else f"{word.path.name} {ref}"
        return self._events.ingest(RefUpdate(project.id, ref, old, new), Reason.INDIVIDUAL_CI, once) is not None

    def poll(self) -> int:
        """Look at every project whose time has come, and take in what earlier looks have found; the number of new
        events.
        """
        projects = {project.id: project for project in self._projects.all()}
        for gone in self._plans.keys() - projects.keys():
            del self._plans[gone]
        for project in projects.values():
            self._begin(project)
        return sum(self._take_look(look) for look in self._looks.done() if look.project.id in projects)

    def _plan(self, project: Project) -> Plan:
        """At first every project is looked at once; with `--poll 0` only where word may have been lost in between."""
        if project.id not in self._plans:
            first = bool(project.poll_seconds) or self._linked(project.id)
            self._plans[project.id] = Plan(self._steady() if first else float("inf"))
        return self._plans[project.id]

    def _begin(self, project: Project) -> None:
        plan, now = self._plan(project), self._steady()
        if plan.looking or now < plan.due or self._looks.full:
            return
        plan.looking = True
        plan.begun += 1
        asked, plan.asked = frozenset(plan.asked), set()
        self._looks.begin(Look(project, plan.begun, now, self._events.positions(project.id), asked))

    def _take_look(self, look: Look) -> int:
        project = look.project
        plan, now = self._plan(project), self._steady()
        plan.looking = False
        if look.error is not None:
            plan.asked |= look.asked
            plan.failed(look.error, now, project.poll_seconds)
            self._trouble(project, look.error)
            return 0
        self._troubles.pop(project.id, None)
        self._looked[project.id] = self._wall()
        plan.failures, plan.looked = 0, look.number
        plan.due = now if plan.asked else now + project.poll_seconds if project.poll_seconds else float("inf")
        seen = self._events.positions(project.id)
        return self._believe(look, plan, seen, look.moved(seen))

    def _believe(self, look: Look, plan: Plan, seen: Mapping[str, str], moved: Mapping[str, str]) -> int:
        """Act on what a look has found, unless word may still come of it."""
        certain = {ref: new for ref, new in moved.items() if self._is_certain(look, plan, ref, seen)}
        if plan.doubt and look.at >= plan.doubt[0]:
            plan.doubt = None
        if len(certain) < len(moved) and plan.doubt is None:
            plan.doubt = (self._steady() + self._grace(look.project), look.before)
        if plan.doubt:
            plan.due = min(plan.due, plan.doubt[0])
        return sum(self._ingest(look.project, ref, seen.get(ref, ""), new) for ref, new in sorted(certain.items()))

    def _is_certain(self, look: Look, plan: Plan, ref: str, seen: Mapping[str, str]) -> bool:
        if not self._grace(look.project) or ALL in look.asked or ref in look.asked:
            return True
        return plan.doubt is not None and look.at >= plan.doubt[0] and plan.doubt[1].get(ref) == seen.get(ref)

    def _grace(self, project: Project) -> float:
        """How long word of a push may take; 0 where none is to come."""
        if is_local(project.url):
            return GRACE_SECONDS
        return LINKED_GRACE_SECONDS if self._linked(project.id) else 0.0

    def _trouble(self, project: Project, error: DrivetrainError) -> None:
        """Say it once, not at every look."""
        words = f"{error.message}; {error.hint}" if error.hint else error.message
        if self._troubles.get(project.id) != words:
            self._troubles[project.id] = words
            self._report(f"project {project.name}: cannot look at {without_credentials(project.url)}: {words}")


def _with_lines(word: Word, lines: list[Line]) -> Word:
    return type(word)(word.path, word.project_id, word.hook, tuple(lines), word.written_ns)
