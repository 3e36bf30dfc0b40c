"""The threads that make events of what is no push: schedules, other pipelines' runs, pushes to other repositories, what
is posted to webhooks.

A host that does not answer holds up what waits for it alone: what is due is taken by a thread that reads nothing but
the database, and other repositories are looked at by a third.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from drivetrain.store.pipeline_schedules import SqlitePipelineSchedules
from drivetrain.store.trigger_marks import SqliteProgressedRuns, SqliteResourceRefs
from drivetrain.wire.triggers.completions import Completions
from drivetrain.wire.triggers.resource_watch import ResourceWatch
from drivetrain.wire.triggers.scheduling import Scheduling
from drivetrain.wire.triggers.standing import Standing
from drivetrain.wire.triggers.webhook_triggers import WebhookTriggers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from threading import Event

    from drivetrain.clock import Clock
    from drivetrain.wire.making import Maker
    from drivetrain.wire.storage import Storage

LOOK_SECONDS = 0.25
FAR_SECONDS = 1.0
"""How often it is looked at what takes a walk over all branches and projects."""
_log = logging.getLogger(__name__)


class Triggers:
    """Looks until told to stop. The events that it makes are handled by the thread that takes in pushes."""

    def __init__(self, storage: Storage, maker: Maker, clock: Clock | None = None) -> None:
        projects, events, git = storage.projects, storage.source_events, storage.git
        standing, apart = Standing(maker, git, events), Standing(maker, git, events)
        report = _Once()
        schedules = SqlitePipelineSchedules(storage.database)
        progressed, seen = SqliteProgressedRuns(storage.database), SqliteResourceRefs(storage.database)
        self.scheduling = Scheduling(projects, events, schedules, standing, git, clock or storage.clock, report)
        self.completions = Completions(projects, events, storage.runs, progressed, standing, report)
        self.webhooks = WebhookTriggers(
            storage.webhook_posts,
            projects=projects,
            events=events,
            runs=storage.runs,
            library=storage.library,
            standing=standing,
            report=report,
        )
        self.resources = ResourceWatch(projects, events, seen, apart, maker.repositories, report)

    @property
    def works(self) -> Mapping[str, Callable[[Event], None]]:
        """What each thread does until the event is set, by its name."""
        return {"schedules": self._take_due, "triggers": self._look_near, "resources": self._look_far}

    def _take_due(self, stop: Event) -> None:
        while not stop.wait(LOOK_SECONDS):
            self.scheduling.take_due()

    def _look_near(self, stop: Event) -> None:
        far_at = 0.0
        while not stop.is_set():
            self.completions.look()
            self.webhooks.look()
            if time.monotonic() >= far_at:
                self.scheduling.read_moved()
                far_at = time.monotonic() + FAR_SECONDS
            stop.wait(LOOK_SECONDS)

    def _look_far(self, stop: Event) -> None:
        while not stop.is_set():
            self.resources.look()
            stop.wait(FAR_SECONDS)

    def look(self) -> int:
        """One look at everything; the number of new events."""
        self.scheduling.read_moved()
        taken = self.scheduling.take_due() + self.completions.look() + self.webhooks.look()
        return taken + self.resources.look()


class _Once:
    """Says the same trouble once in a while, not at every look."""

    SECONDS = 300.0

    def __init__(self) -> None:
        self._said: dict[str, float] = {}

    def __call__(self, message: str) -> None:
        now = time.monotonic()
        if now - self._said.get(message, -self.SECONDS) >= self.SECONDS:
            self._said[message] = now
            _log.warning("%s", message)
