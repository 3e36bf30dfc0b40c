"""From events to runs, oldest first; what came of each is kept in words."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.errors import UnavailableError, UserError
from drivetrain.source.events import Released
from drivetrain.source.git import is_zero

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from drivetrain.source.model import SourceEvent
    from drivetrain.source.ports import Launch, Projects, SourceEvents

FIRST_RETRY_SECONDS = 1.0
LAST_RETRY_SECONDS = 300.0
BUG_TRIES = 3
BATCH_SECONDS = 1.0
"""How often pushes that wait for a run of their branch are looked at again."""


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
        self._waiting: set[int] = set()
        """Events whose trigger says `batch`, while a run of their branch is not completed."""

    def process(self) -> int:
        """Handle the events that wait; the number of runs created."""
        created, settled = 0, set[int]()
        pending = self._events.pending()
        for event in pending:
            tries, due = self._retries.get(event.id, (0, 0.0))
            if event.id in settled or self._steady() < due:
                continue
            batch = _batch(event, pending) if event.id in self._waiting else [event]
            settled |= {each.id for each in batch}
            created += self._handle(batch, tries)
        return created

    def _handle(self, batch: Sequence[SourceEvent], tries: int) -> bool:
        """Handle an event, or several pushes to one branch as if they were one."""
        event = _joined(batch)
        project = self._projects.get(event.update.project_id)
        if project is None:
            return self._done(batch, None, "the project was removed")
        nothing = _nothing_to_run(event)
        if nothing:
            return self._done(batch, None, nothing)
        try:
            outcome = self._launch.launch_event(event, project)
        except UserError as error:
            return self._done(batch, None, error.message)
        except UnavailableError as error:
            return self._later(batch, tries, error)
        except Exception as error:  # noqa: BLE001 - a bug in one event must not stop the others
            if tries + 1 < BUG_TRIES:
                return self._later(batch, tries, error)
            return self._done(batch, None, f"a bug: {type(error).__name__}: {error}")
        if outcome.waits:
            return self._wait(batch, outcome.why)
        return self._done(batch, outcome.run_id, outcome.why)

    def _done(self, batch: Sequence[SourceEvent], run_id: int | None, why: str) -> bool:
        for event in batch:
            self._events.finish(event.id, run_id, why)
            self._retries.pop(event.id, None)
            self._waiting.discard(event.id)
            came = f"run {run_id}" if run_id is not None else "no run"
            self._report(f"{_title(event)}: {came}: {why}")
        return run_id is not None

    def _wait(self, batch: Sequence[SourceEvent], why: str) -> bool:
        for event in batch:
            if event.id not in self._waiting:
                self._report(f"{_title(event)}: {why}")
            self._waiting.add(event.id)
            self._retries[event.id] = (0, self._steady() + BATCH_SECONDS)
        return False

    def _later(self, batch: Sequence[SourceEvent], tries: int, error: Exception) -> bool:
        wait = min(FIRST_RETRY_SECONDS * 2**tries, LAST_RETRY_SECONDS)
        for event in batch:
            self._retries[event.id] = (tries + 1, self._steady() + wait)
            self._report(f"event {event.id}: tried again in {wait:.0f} s: {error}")
        return False


def _nothing_to_run(event: SourceEvent) -> str:
    """Why there is nothing to run, whatever the pipeline file says; empty when there may be something."""
    if isinstance(event.cause, Released):
        return f"release {event.cause.tag} was published; its tag has an event of its own"
    return f"{event.update.ref} was deleted" if is_zero(event.update.new_sha) else ""


def _title(event: SourceEvent) -> str:
    short = event.update.ref.removeprefix("refs/heads/")
    return f"event {event.id}: {short} at {event.update.new_sha[:8] or 'nothing'}"


def _batch(event: SourceEvent, pending: Sequence[SourceEvent]) -> list[SourceEvent]:
    """The push, and what was pushed to its ref since, up to where the ref was deleted."""
    batch = [event]
    for later in pending:
        if later.id > event.id and later.cause is None and _place(later) == _place(event):
            if is_zero(later.update.new_sha):
                break
            batch.append(later)
    return batch


def _place(event: SourceEvent) -> tuple[int, str]:
    return event.update.project_id, event.update.ref


def _joined(batch: Sequence[SourceEvent]) -> SourceEvent:
    """The newest of these pushes, with all that has changed since before the first one."""
    newest = batch[-1]
    return replace(newest, update=replace(newest.update, old_sha=batch[0].update.old_sha))
