"""Drives runs to their end: many in a thread of the server, or one in the foreground, by the same rounds.

Whoever holds `runs/<id>/driver.lock` drives the run; the lock goes with its process, so a run whose driver was killed
is taken over by the next engine that looks.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from drivetrain.clock import parse_timestamp, timestamp
from drivetrain.errors import ConflictError, CorruptError, DrivetrainError, UnavailableError
from drivetrain.run.batch import Batch
from drivetrain.run.drive import NO_PLAN, Drive
from drivetrain.run.launch import SPEC_FILE
from drivetrain.run.model import AZURE_ML, Result, State
from drivetrain.run.waiting import Pace, Patience, Waiter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from logging import Logger
    from threading import Event

    from drivetrain.run.events import RunEvent
    from drivetrain.run.launch import Parts
    from drivetrain.run.model import Run

SLOWEST = 0.05
"""Seconds between two looks when nothing happens."""
RETRY_SECONDS = 2.0
"""How long a run is left alone after its store could not be written."""
STORE_SECONDS = 5.0
"""How long a command waits for a store that cannot be written: a job that ends for lack of space sets some free."""
FOREGROUND_GRACE = timedelta(seconds=5)
"""How long a server leaves a run without a project to the command that made it."""

ADOPT_SECONDS = 1.0
"""How often runs whose driver died are looked for."""
DRIVER_LOCK = "driver.lock"
MOST_ERRORS = 3
"""How often a run may meet an error of our own before it is given up."""
OWN_ERROR = "Drivetrain met an error of its own while it drove this run; see the server's log"


def _log() -> Logger:
    import logging  # noqa: PLC0415 - an engine that has nothing to complain of is quicker without

    return logging.getLogger(__name__)


class Engine:
    """Drives runs. All methods but `wake` belong to one thread."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._drives: dict[int, Drive] = {}
        self._locks: dict[int, int] = {}
        self._not_before: dict[int, float] = {}
        self._errors: dict[int, int] = {}
        self._adopted_at = 0.0
        self._version: int | None = None
        self._look = True
        self._ended = False
        """A stage that is driven here has ended: that may open the gate of another."""
        self._waiter = Waiter()
        self._pace = Pace(SLOWEST)

    def wake(self) -> None:
        """Look now: something was queued or canceled. Any thread or signal handler may call this."""
        self._look = True
        self._waiter.wake()

    def serve(self, stop: Event) -> None:
        """Drive every run there is until `stop` is set (then call `wake`). Jobs that are under way go on."""
        while not stop.is_set():
            self.round()
            self._wait()
        self.close()

    def round(self) -> None:
        """Look once: take over runs that nobody drives, and give each that is driven here a round."""
        try:
            changed = self._changed()
            if changed or time.monotonic() - self._adopted_at > ADOPT_SECONDS:
                self._adopt()
        except DrivetrainError as error:
            _log().warning("cannot look for runs: %s", error.message)
            return
        for run_id in list(self._drives):
            self._tick_safely(run_id, look=changed)

    def drive(
        self, run_id: int, observer: Callable[[Sequence[RunEvent]], None] | None = None, *, after: int = 0
    ) -> Run:
        """Drive one run to its end, or follow it while somebody else drives; the completed run.

        `observer` gets its events with a seq greater than `after`, in order, as soon as they are written; it is called
        after every look, also when there are none.

        Raises NotFoundError, and CorruptError, UnavailableError when the store cannot be used.
        """
        seen = after
        patience = Patience(STORE_SECONDS)
        while True:
            with patience:
                drive = self._drives.get(run_id) or self._take(run_id)
                if drive is not None:
                    self._tick(run_id, drive, look=self._changed())
            seen = self._report(run_id, seen, observer)
            if run_id not in self._drives:
                run = self._parts.store.get(run_id)
                if run.state is State.COMPLETED:
                    self._report(run_id, seen, observer)
                    return run
            self._wait()

    def close(self) -> None:
        """Let go of all runs; jobs that are under way go on."""
        for run_id in list(self._drives):
            self._drop(run_id)
        self._waiter.close()

    def _report(self, run_id: int, seen: int, observer: Callable[[Sequence[RunEvent]], None] | None) -> int:
        if observer is None:
            return seen
        while events := self._parts.store.events(run_id, seen):
            seen = events[-1].seq
            observer(events)
        observer(())
        return seen

    def _wait(self) -> None:
        endings = self._parts.executor.endings() if self._drives else ()
        self._waiter.wait(self._pace.pause(), endings)

    def _changed(self) -> bool:
        """Whether somebody else has written, `wake` was called, or a stage has ended since the last time."""
        version, before = self._parts.store.version(), self._version
        looked, self._look, self._version = self._look or self._ended, False, version
        self._ended = False
        return looked or version != before

    # Taking runs over.

    def _adopt(self) -> None:
        self._adopted_at = time.monotonic()
        for run_id in self._parts.store.unfinished():
            if run_id in self._drives or time.monotonic() < self._not_before.get(run_id, 0.0):
                continue
            with self._contained(run_id):
                if not self._belongs_to_a_command(run_id):
                    self._take(run_id)

    def _belongs_to_a_command(self, run_id: int) -> bool:
        """A run of a working tree is driven by the command that made it; that command may only just be at it. Jobs of
        Azure ML are made by the server alone.
        """
        run = self._parts.store.get(run_id)
        if run.project_id is not None or run.source.provider == AZURE_ML or run.state is not State.PENDING:
            return False
        return self._parts.clock.now() - parse_timestamp(run.created_at) < FOREGROUND_GRACE

    def _take(self, run_id: int) -> Drive | None:
        """Drive the run from now on; None when somebody else does, or there is nothing to drive."""
        run = self._parts.store.get(run_id)
        if run.state is State.COMPLETED or not self._lock(run_id):
            return None
        try:
            # Read again under the lock: the one who held it may have gone on.
            drive = self._load(self._parts.store.get(run_id))
        except BaseException:
            self._unlock(run_id)
            raise
        if drive is None:
            self._unlock(run_id)
            return None
        self._pace.hurry()
        self._drives[run_id] = drive
        return drive

    def _load(self, run: Run) -> Drive | None:
        if run.state is State.COMPLETED:
            return None
        try:
            plan = self._parts.store.plan(run.id)
            if self._errors.get(run.id, 0) >= MOST_ERRORS:
                self._fail(run, OWN_ERROR)
            elif plan is not None:
                return Drive(run, plan, self._parts)
            else:
                self._fail(run, NO_PLAN)
        except CorruptError as error:
            self._fail(run, error.message)
        return None

    def _fail(self, run: Run, reason: str) -> None:
        """End a run that cannot be driven at all, and what its runners do."""
        batch = Batch(self._parts.store.last_seq(run.id), timestamp(self._parts.clock.now()))
        batch.event("issue", {"type_": "error", "message": reason})
        batch.event("run.completed", {"result": Result.FAILED, "reason": reason})
        batch.run(state=State.COMPLETED, result=Result.FAILED, finished_at=batch.now)
        self._parts.store.record(run.id, batch.events, batch.changes())
        for spec in self._parts.home.run(run.id).glob(f"*/{SPEC_FILE}"):
            if self._parts.executor.alive(spec.parent):
                self._parts.executor.cancel(spec.parent, reason)

    def _lock(self, run_id: int) -> bool:
        folder = self._parts.home.run(run_id)
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = os.open(folder / DRIVER_LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise UnavailableError(f"cannot use {folder}: {error.strerror}", hint="drivetrain doctor") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return False
        self._locks[run_id] = lock
        return True

    def _unlock(self, run_id: int) -> None:
        os.close(self._locks.pop(run_id))

    def _drop(self, run_id: int) -> None:
        del self._drives[run_id]
        self._unlock(run_id)

    # Rounds.

    def _tick(self, run_id: int, drive: Drive, *, look: bool) -> None:
        free = self._parts.settings.max_parallel_jobs - sum(each.running for each in self._drives.values())
        try:
            events = drive.tick(free, look=look)
            if events:
                self._pace.hurry()
            self._ended |= any(event.type == "stage.completed" for event in events)
        except ConflictError:
            self._drop(run_id)  # somebody else has written: read again how it stands
            return
        except BaseException:
            self._drop(run_id)
            raise
        if drive.done:
            self._drop(run_id)

    def _tick_safely(self, run_id: int, *, look: bool) -> None:
        with self._contained(run_id):
            self._tick(run_id, self._drives[run_id], look=look)

    @contextmanager
    def _contained(self, run_id: int) -> Iterator[None]:
        """One run that we cannot handle must not stop the others."""
        try:
            yield
        except DrivetrainError as error:
            self._leave_alone(run_id, error.message)
        except Exception:  # noqa: BLE001 - whatever it is
            _log().exception("run %s cannot be driven", run_id)
            self._errors[run_id] = self._errors.get(run_id, 0) + 1
            self._leave_alone(run_id, "an error of our own, see above")

    def _leave_alone(self, run_id: int, why: str) -> None:
        _log().warning("run %s is left alone for %s s: %s", run_id, RETRY_SECONDS, why)
        self._not_before[run_id] = time.monotonic() + RETRY_SECONDS
