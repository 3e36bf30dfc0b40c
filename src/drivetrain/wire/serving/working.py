"""The server's threads of serving: deployments are prepared, releases driven, fronts kept alive. Nothing is held in
memory: after a kill -9 the next server finds in the database what is to be done.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from typing import TYPE_CHECKING

from drivetrain.errors import DrivetrainError, NotFoundError
from drivetrain.serve.preparing import prepare, to_prepare
from drivetrain.serve.release.driver import drive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from drivetrain.serve.parts import ServingParts

BUSY_SECONDS = 0.2
IDLE_SECONDS = 0.5
"""The command line and Azure clients' processes write to the database: it is looked at, as they cannot wake us."""
KEEP_SECONDS = 1.0
MOST_BACK_OFF = 60.0
TIDY_SECONDS = 24 * 3600.0
MOST_PREPARATIONS = 2
_log = logging.getLogger("drivetrain")


class Releasing:
    """Prepares what is asked for, each in a thread of its own, and drives the releases under way."""

    def __init__(self, parts: ServingParts) -> None:
        self._parts = parts
        self._woken = threading.Event()
        self._preparing: dict[tuple[str, str], threading.Thread] = {}

    def wake(self) -> None:
        """There is something to do."""
        self._woken.set()

    def serve(self, stop: threading.Event) -> None:
        """Until `stop`. What a preparation has begun is begun anew by the next server."""
        while not stop.is_set():
            busy = self.step()
            self._woken.wait(BUSY_SECONDS if busy else IDLE_SECONDS)
            self._woken.clear()

    def step(self) -> bool:
        """One round; whether there is more to do."""
        self._prepare()
        under_way = self._parts.releases.under_way()
        for release in under_way:
            try:
                drive(self._parts, release.id)
            except DrivetrainError as error:
                _log.warning("release %s: %s", release.id, error.message)
        return bool(under_way or self._preparing)

    def _prepare(self) -> None:
        self._preparing = {key: thread for key, thread in self._preparing.items() if thread.is_alive()}
        for deployment in to_prepare(self._parts):
            key = (deployment.endpoint, deployment.name)
            if key not in self._preparing and len(self._preparing) < MOST_PREPARATIONS:
                thread = threading.Thread(target=prepare, args=(self._parts, *key), daemon=True)
                self._preparing[key] = thread
                thread.start()


class Keeping:
    """Has every endpoint answered for: a front that was killed is started again, one that is behind is told."""

    def __init__(
        self,
        parts: ServingParts,
        left: Callable[[], Iterable[str]] = tuple,
        tidy: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        """`left` names what has a front's folder; `tidy` removes what no deployment needs, and names it."""
        self._parts = parts
        self._left = left
        self._tidy = tidy
        self._tidied_at = -math.inf
        self._failed: dict[str, tuple[int, float]] = {}

    def serve(self, stop: threading.Event) -> None:
        """Until `stop`."""
        while not stop.is_set():
            self.step()
            stop.wait(KEEP_SECONDS)

    def step(self) -> None:
        """Look at each endpoint once."""
        names = [each.name for each in self._parts.endpoints.all()]
        self._failed = {name: failed for name, failed in self._failed.items() if name in names}
        for name in names:
            if time.monotonic() >= self._failed.get(name, (0, 0.0))[1]:
                self._keep(name)
        self._end_those_of({name.lower() for name in names})
        if time.monotonic() - self._tidied_at > TIDY_SECONDS:
            self._tidied_at = time.monotonic()
            for what in self._tidy():
                _log.info("serving: removed %s, which no deployment needs", what)

    def _end_those_of(self, known: set[str]) -> None:
        """Fronts of endpoints that are gone: whoever deleted one may have been killed before it could end its front."""
        for name in self._left():
            if name.lower() not in known and self._parts.fronts.status(name) is not None:
                self._parts.fronts.stop(name)

    def _keep(self, name: str) -> None:
        try:
            status = self._parts.fronts.status(name)
            if status is None or status.generation < self._parts.endpoints.get(name).generation:
                self._parts.fronts.apply(name)
            self._failed.pop(name, None)
        except NotFoundError:
            return  # deleted meanwhile
        except DrivetrainError as error:
            times = self._failed.get(name, (0, 0.0))[0] + 1
            pause = min(MOST_BACK_OFF, 2.0**times)
            self._failed[name] = (times, time.monotonic() + pause)
            _log.warning("the front of %s: %s; it is tried again in %g s", name, error.message, pause)
