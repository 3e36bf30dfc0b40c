"""The thread that writes answers to comments at their hosts: each once, however often we are killed."""

from __future__ import annotations

import hashlib
import logging
import time
from typing import TYPE_CHECKING

from drivetrain.errors import DrivetrainError, UnavailableError
from drivetrain.source.hosts.errors import RateLimitedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from drivetrain.source.hosts.ports import Host
    from drivetrain.source.webhooks.model import Reply
    from drivetrain.source.webhooks.ports import Replies

LOOK_SECONDS = 0.5
FIRST_RETRY, LAST_RETRY = 1.0, 900.0
_log = logging.getLogger("drivetrain")


class Replying:
    """Belongs to one thread."""

    def __init__(
        self,
        replies: Replies,
        host: Callable[[int], Host | None],
        *,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """`host` gives who speaks to the host of a project, None where nobody does."""
        self._replies = replies
        self._host = host
        self._steady = steady
        self._rests: dict[int, tuple[int, float]] = {}
        """By project, while its host does not answer: how often it was tried, and when to try again."""

    def serve(self, stop: Event) -> None:
        """Work until `stop` is set."""
        while not stop.is_set():
            self.tell(stop)
            stop.wait(LOOK_SECONDS)

    def tell(self, stop: Event) -> None:
        """Write what waits, as far as the hosts can be reached."""
        for reply in self._replies.waiting():
            if stop.is_set():
                return
            if self._steady() >= self._rests.get(reply.project_id, (0, 0.0))[1]:
                self._one(reply)

    def _one(self, reply: Reply) -> None:
        try:
            host = self._host(reply.project_id)
            if host is not None:
                host.comment(reply.number, f"{_mark(reply)}\n{reply.text}")
        except UnavailableError as error:
            self._rest(reply.project_id, error)
            return
        except DrivetrainError as error:  # it will not let us, or the pull request is gone
            _log.warning("the answer on pull request %s is not told: %s", reply.number, error.message)
        self._rests.pop(reply.project_id, None)
        self._replies.told(reply.id)

    def _rest(self, project_id: int, error: UnavailableError) -> None:
        tries = self._rests.get(project_id, (0, 0.0))[0]
        wait = float(min(FIRST_RETRY * 2 ** min(tries, 20), LAST_RETRY))
        if isinstance(error, RateLimitedError):
            wait = max(wait, error.wait_seconds)
        self._rests[project_id] = (tries + 1, self._steady() + wait)
        _log.info("an answer waits %.0f s: %s", wait, error.message)


def _mark(reply: Reply) -> str:
    """What the host finds our answer by, when we do not know any more that we gave it."""
    return f"<!-- drivetrain: reply {hashlib.sha256(reply.once.encode('utf-8', 'replace')).hexdigest()[:20]} -->"
