"""The thread that tells hosts how runs go. A host that is slow, full or gone holds up nobody but its own projects."""

from __future__ import annotations

import logging
import random
from collections import defaultdict
from datetime import timedelta
from threading import Thread
from typing import TYPE_CHECKING

from drivetrain.clock import parse_timestamp, timestamp
from drivetrain.errors import DrivetrainError, UnavailableError
from drivetrain.source.hosts.errors import RateLimitedError
from drivetrain.view.answers.model import AnswerKind
from drivetrain.wire.answers import subjects
from drivetrain.wire.answers.composing import deliver
from drivetrain.wire.answers.stories import pull_request_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from threading import Event

    from drivetrain.clock import Clock
    from drivetrain.source.hosts.model import Link
    from drivetrain.source.hosts.ports import Links
    from drivetrain.source.ports import SourceEvents
    from drivetrain.view.answers.model import Owed
    from drivetrain.view.answers.ports import AnswerBook
    from drivetrain.wire.answers.composing import Composer
    from drivetrain.wire.answers.stories import Stories
    from drivetrain.wire.hosts.hosting import Hosts

LOOK_SECONDS = 0.25
LANES = 4
"""Hosts that are spoken to at once."""
BATCH = 500
FIRST_RETRY, LAST_RETRY = 1.0, 900.0
"""Seconds until a host that is not there is tried again: doubled each time."""
FIRST_REFUSED, LAST_REFUSED = 60.0, 3600.0
"""The same where it does not let us: somebody has to mend that."""
SETTLE = timedelta(seconds=3)
"""How long after the end of a run its comment waits: the last metrics are read back from MLflow meanwhile."""
GAP = timedelta(seconds=3)
"""Between two reports of a run that goes on."""
_log = logging.getLogger("drivetrain")


class Answering:
    """Looks for what hosts are to be told, and tells it, until told to stop."""

    def __init__(
        self,
        book: AnswerBook,
        stories: Stories,
        composer: Composer,
        events: SourceEvents,
        links: Links,
        hosts: Hosts,
        clock: Clock,
    ) -> None:
        self._book = book
        self._stories = stories
        self._composer = composer
        self._events = events
        self._links = links
        self._hosts = hosts
        self._clock = clock
        self._busy: set[str] = set()

    def serve(self, stop: Event) -> None:
        """Work until `stop` is set."""
        while not stop.is_set():
            self.look()
            for api, owed in self._by_host().items():
                if api not in self._busy and len(self._busy) < LANES:
                    self._busy.add(api)
                    # Nobody waits for it: a request that is cut off is made again, as after a kill.
                    Thread(target=self._lane, args=(api, owed, stop), name=f"answers {api}", daemon=True).start()
            stop.wait(LOOK_SECONDS)

    def look(self) -> None:
        """Turn what has changed into what is owed."""
        for event_id in self._book.changed_events():
            event = self._events.get(event_id)
            self._book.owe_event(subjects.of_event(event) if event else [], event_id)
        for changed in self._book.changed_runs():
            run = self._stories.run(changed.run_id)
            found = subjects.of_run(run, pull_request_of(run)) if run else []
            self._book.owe(found, changed)

    def _by_host(self) -> dict[str, list[tuple[Link, Owed]]]:
        """What is due, by the host's address."""
        due = self._book.due(timestamp(self._clock.now()), BATCH)
        links = {each.project_id: each for each in self._links.all()} if due else {}
        found: dict[str, list[tuple[Link, Owed]]] = defaultdict(list)
        for owed in due:
            link = links.get(owed.subject.project_id)
            if link is None or not link.answers or not link.connection:
                self._book.told(owed, owed.told, owed.known)  # nobody wants to know
            else:
                found[link.api].append((link, owed))
        return found

    def _lane(self, api: str, due: Iterable[tuple[Link, Owed]], stop: Event) -> None:
        try:
            self.tell(due, stop)
        except Exception:  # noqa: BLE001 - a bug with one answer must not end the others; it is logged, and tried again
            _log.exception("answers for %s stopped by an error", api)
        finally:
            self._busy.discard(api)

    def tell(self, due: Iterable[tuple[Link, Owed]], stop: Event) -> None:
        """Tell one host what is due, oldest first, until it cannot be told."""
        due = list(due)
        for link, owed in due:
            if stop.is_set():
                return
            try:
                self._one(link, owed)
            except UnavailableError as error:
                self._rest(error, owed, {each.project_id for each, _ in due})
                return
            except DrivetrainError as error:
                wait = _doubled(FIRST_REFUSED, LAST_REFUSED, owed.tries)
                self._book.failed(owed, _words(error), self._in(wait))
                _log.warning("answers: %s: %s", owed.subject.name, error.message)
            except Exception as error:
                self._book.failed(owed, f"a bug: {type(error).__name__}", self._in(LAST_RETRY))
                raise

    def _one(self, link: Link, owed: Owed) -> None:
        later = self._too_early(owed)
        if later:
            self._book.later(owed, later)
            return
        answer = self._composer.compose(owed, self._clock.now())
        if answer is None or answer.digest == owed.told:
            self._book.told(owed, owed.told, owed.known)
            return
        host = self._hosts.client(link)
        known = deliver(host, owed, answer) if host else owed.known
        self._book.told(owed, answer.digest, known)

    def _too_early(self, owed: Owed) -> str:
        """When it is to be told instead of now; empty for now."""
        run = self._stories.run(owed.run_id) if owed.run_id is not None else None
        if run is None:
            return ""
        if owed.subject.kind is AnswerKind.COMMENT:
            moment = parse_timestamp(run.finished_at) + SETTLE if run.finished_at else None
        else:
            goes_on = owed.told_at and not run.finished_at and run.started_at
            moment = parse_timestamp(owed.told_at) + GAP if goes_on else None
        now = self._clock.now()
        # A clock that was put back must not keep an answer for long.
        return timestamp(moment) if moment and now < moment <= now + max(SETTLE, GAP) else ""

    def _rest(self, error: UnavailableError, owed: Owed, projects: Iterable[int]) -> None:
        """The host is left alone for a while, with all that it is to be told."""
        limited = isinstance(error, RateLimitedError)
        wait = (
            error.wait_seconds if isinstance(error, RateLimitedError) else _doubled(FIRST_RETRY, LAST_RETRY, owed.tries)
        )
        until = self._in(wait * random.uniform(1.0, 1.25))  # noqa: S311 - servers are not to come back all at once
        self._book.failed(owed, _words(error), until)
        for each in projects:
            self._book.postpone(each, _words(error), until)
        _log.log(logging.INFO if limited else logging.WARNING, "answers: %s; again at %s", error.message, until)

    def _in(self, seconds: float) -> str:
        return timestamp(self._clock.now() + timedelta(seconds=seconds))


def _doubled(first: float, last: float, tries: int) -> float:
    return float(min(first * 2 ** min(tries, 20), last))


def _words(error: DrivetrainError) -> str:
    return f"{error.message}; {error.hint}" if error.hint else error.message
