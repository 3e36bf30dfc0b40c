"""Looks at the repositories of projects: at most one at a time at each, and none of them holds up another's.

A look is done by `start`, in a thread of its own or at once; what it found is taken by the one thread that asks. Where
a repository cannot be reached, it is asked less and less often, and not by all projects at the same moment.
"""

from __future__ import annotations

import queue
import random
from typing import TYPE_CHECKING

from drivetrain.errors import DrivetrainError
from drivetrain.source.hosts.errors import RateLimitedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from drivetrain.source.model import Project

RETRY_SECONDS = 5.0
LONGEST_RETRY_SECONDS = 600.0
MOST_AT_ONCE = 32
ALL = "*"
"""Among what is asked for: every ref."""


class Look:
    """One look at a project's repository: what was known before it, and what it found."""

    def __init__(
        self, project: Project, number: int, at: float, before: Mapping[str, str], asked: frozenset[str]
    ) -> None:
        self.project = project
        self.number = number
        """Of the looks at this project, from 1."""
        self.at = at
        """When it began, by the steady clock."""
        self.before = before
        """Where each ref was last seen when it began."""
        self.asked = asked
        """The refs that word has come of, which no more word is awaited for."""
        self.refs: Mapping[str, str] = {}
        self.error: DrivetrainError | None = None

    def moved(self, seen: Mapping[str, str]) -> dict[str, str]:
        """The refs that are elsewhere than where they were last seen. What word has come of while we looked is left
        out: the look may be older than the word.
        """
        names = self.refs.keys() | seen.keys()
        return {
            ref: self.refs.get(ref, "")
            for ref in names
            if seen.get(ref) == self.before.get(ref) and seen.get(ref, "") != self.refs.get(ref, "")
        }


class Plan:
    """When a project is looked at, and why."""

    def __init__(self, due: float) -> None:
        self.due = due
        self.looking = False
        self.failures = 0
        self.begun = 0
        """How many looks have begun."""
        self.looked = 0
        """The number of the last one that went well."""
        self.asked: set[str] = set()
        self.doubt: tuple[float, Mapping[str, str]] | None = None
        """Since a look has found what no word has come of: when to believe it, and where refs were seen before."""

    def ask(self, ref: str, now: float) -> None:
        """Look soon, and believe at once what is found of a ref. Word from a host says that it may be reached again."""
        self.asked.add(ref)
        self.due = min(self.due, now + RETRY_SECONDS if self.failures else now)

    def failed(self, error: DrivetrainError, now: float, poll_seconds: float) -> None:
        """It could not be looked at: twice as long until the next time, at most ten minutes, give or take a quarter."""
        wait = max(RETRY_SECONDS, poll_seconds) * 2 ** min(self.failures, 10)
        wait = min(wait, max(LONGEST_RETRY_SECONDS, poll_seconds)) * random.uniform(0.75, 1.25)  # noqa: S311 - no secret
        if isinstance(error, RateLimitedError):
            wait = max(wait, error.wait_seconds)
        self.failures += 1
        self.due = now + wait


class Looks:
    """The looks that are going on. All but the looking itself belongs to one thread."""

    def __init__(
        self, look: Callable[[Project], Mapping[str, str]], start: Callable[[Callable[[], None]], None]
    ) -> None:
        """`look` gives the refs of a project's repository, or raises a DrivetrainError. `start` has something done, at
        once or by another thread.
        """
        self._look = look
        self._start = start
        self._found: queue.SimpleQueue[Look] = queue.SimpleQueue()
        self._going = 0

    @property
    def full(self) -> bool:
        """Whether no more can be begun for now."""
        return self._going >= MOST_AT_ONCE

    def begin(self, look: Look) -> None:
        """Have a look done."""
        self._going += 1
        self._start(lambda: self._do(look))

    def _do(self, look: Look) -> None:
        try:
            look.refs = self._look(look.project)
        except DrivetrainError as error:
            look.error = error
        except Exception as error:  # noqa: BLE001 - a bug in looking must show itself, and end no thread in silence
            look.error = DrivetrainError(f"a bug: {type(error).__name__}: {error}")
        self._found.put(look)

    def done(self) -> Iterator[Look]:
        """Those that have come to an end since the last call."""
        while True:
            try:
                look = self._found.get_nowait()
            except queue.Empty:
                return
            self._going -= 1
            yield look


def at_once(work: Callable[[], None]) -> None:
    """Do it here and now."""
    work()
