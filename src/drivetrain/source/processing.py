"""From events to runs, oldest first; what came of each is kept in words."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from drivetrain.errors import UnavailableError, UserError
from drivetrain.source.git import is_zero

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.source.model import SourceEvent
    from drivetrain.source.ports import Launch, Projects, SourceEvents

FIRST_RETRY_SECONDS = 1.0
LAST_RETRY_SECONDS = 300.0
BUG_TRIES = 3


class Processor:
    """Handles waiting events; belongs to one thread. One that cannot be handled yet holds up no other project's."""

    def __init__(
        self,
        projects: Projects,
        events: SourceEvents,
        launch: Launch,
        *,
        report: Callable[[str], None],
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._projects = projects
        self._events = events
        self._launch = launch
        self._report = report
        self._steady = steady
        self._retries: dict[int, tuple[int, float]] = {}
        """Per event: how often it was tried, and when to try again."""

    def process(self) -> int:
        """Handle the events that wait; the number of runs created."""
        created = 0
        for event in self._events.pending():
            tries, due = self._retries.get(event.id, (0, 0.0))
            if self._steady() >= due:
                created += self._handle(event, tries)
        return created

    def _handle(self, event: SourceEvent, tries: int) -> bool:
        project = self._projects.get(event.update.project_id)
        if project is None:
            return self._done(event, None, "the project was removed")
        if is_zero(event.update.new_sha):
            return self._done(event, None, f"{event.update.ref} was deleted")
        try:
            outcome = self._launch.launch_event(event, project)
        except UserError as error:
            return self._done(event, None, error.message)
        except UnavailableError as error:
            return self._later(event, tries, error)
        except Exception as error:  # noqa: BLE001 - a bug in one event must not stop the others
            if tries + 1 < BUG_TRIES:
                return self._later(event, tries, error)
            return self._done(event, None, f"a bug: {type(error).__name__}: {error}")
        return self._done(event, outcome.run_id, outcome.why)

    def _done(self, event: SourceEvent, run_id: int | None, why: str) -> bool:
        self._events.finish(event.id, run_id, why)
        self._retries.pop(event.id, None)
        short = event.update.ref.removeprefix("refs/heads/")
        came = f"run {run_id}" if run_id is not None else "no run"
        self._report(f"event {event.id}: {short} at {event.update.new_sha[:8] or 'nothing'}: {came}: {why}")
        return run_id is not None

    def _later(self, event: SourceEvent, tries: int, error: Exception) -> bool:
        wait = min(FIRST_RETRY_SECONDS * 2**tries, LAST_RETRY_SECONDS)
        self._retries[event.id] = (tries + 1, self._steady() + wait)
        self._report(f"event {event.id}: tried again in {wait:.0f} s: {error}")
        return False
