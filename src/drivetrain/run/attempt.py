"""One attempt at a job, followed by its journal and its runner's lock until it ends or is given up."""

from __future__ import annotations

import os
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from drivetrain.errors import ConflictError, CorruptError
from drivetrain.run.journal import FILE_NAME, read_journal
from drivetrain.run.model import Result

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from drivetrain.run.batch import Batch
    from drivetrain.run.intake import Intake
    from drivetrain.run.job_spec import Prepared
    from drivetrain.run.model import JobRecord, StepRecord
    from drivetrain.run.ports import Executor

START_DEADLINE = timedelta(seconds=30)
"""A runner that has not come up by then never will."""
RESTARTS = (timedelta(seconds=3), timedelta(seconds=9), timedelta(seconds=18))
"""When a runner that has not come up is started again, counted from the first start."""
GRACE = timedelta(minutes=1)
"""How long after its own deadlines a runner may take to say that it has ended."""
MOST_ATTEMPTS = 20
"""A job of the server whose runner is lost so often has another problem than restarts."""

LOST = "The runner process ended without finishing (killed or out of memory?)"
NEVER_CAME = "The runner did not start within 30 seconds; see runner.log in the job's folder"
OVERDUE = "The runner did not end the job after its timeout, so it was ended from outside"
OVERDUE_CANCEL = "The runner did not end the job after it was canceled, so it was ended from outside"


class Word(StrEnum):
    """What following an attempt came to."""

    QUIET = "quiet"
    """Nothing to do."""
    COMPLETED = "completed"
    """The journal says that the job is completed."""
    START_AGAIN = "start again"
    """The runner has not come up."""
    LOST = "lost"
    """The runner is gone, or must be ended; `result` and `reason` say how the job ends."""


class Attempt(Struct, eq=False):
    """A job that was handed to a runner."""

    intake: Intake
    prepared: Prepared | None
    """None when it was taken over and cannot be started again."""
    job_dir: Path
    launched_at: datetime
    timeout: timedelta | None
    """The job's own; None for no limit."""
    cancel_timeout: timedelta
    on_server: bool = False
    """A job of the server: it takes no slot, and has no work to lose."""
    started: bool = False
    """Its journal was seen."""
    restarts: int = 0
    canceled_at: datetime | None = None
    failure: str = ""
    """Why its runner could not be started."""
    result: Result = Result.FAILED
    reason: str = ""

    @property
    def record(self) -> JobRecord:
        """The job's row as far as the journal has told."""
        return self.intake.record

    def follow(self, executor: Executor, now: datetime, batch: Batch) -> Word:
        """Take in what is new in the journal and look after the runner."""
        try:
            if self._read(batch):
                return Word.COMPLETED
            return self._look(executor, now, batch)
        except (CorruptError, ConflictError) as error:
            return self._lose(Result.FAILED, f"The job's journal cannot be read: {error.message}")

    def _read(self, batch: Batch) -> bool:
        """Take in whole lines until none are left; whether the job has completed."""
        path = self.job_dir / FILE_NAME
        while self.intake.outcome is None and _size(path) > self.record.journal_offset:
            entries, offset = read_journal(path, self.record.journal_offset)
            if not entries:
                break
            for entry in entries:
                self.intake.take(entry, batch)
                if self.intake.outcome is not None:
                    break
            self.intake.record = replace(self.record, journal_offset=offset)
            batch.job(self.record)
        return self.intake.outcome is not None

    def _look(self, executor: Executor, now: datetime, batch: Batch) -> Word:
        # The order matters: a runner takes its lock, then begins the journal; it ends the journal, then frees the lock.
        self.started = self.started or (self.job_dir / FILE_NAME).exists()
        if not self.started:
            return self._awaited(now)
        if executor.alive(self.job_dir):
            return self._overdue(now)
        if self._read(batch):
            return Word.COMPLETED
        return self._lose(Result.FAILED, LOST)

    def _awaited(self, now: datetime) -> Word:
        if self.failure:
            return self._lose(Result.FAILED, self.failure)
        waited = now - self.launched_at
        if waited >= START_DEADLINE:
            return self._lose(Result.FAILED, NEVER_CAME)
        if self.restarts < len(RESTARTS) and waited >= RESTARTS[self.restarts]:
            self.restarts += 1
            return Word.START_AGAIN
        return Word.QUIET

    def _overdue(self, now: datetime) -> Word:
        if self.canceled_at is not None and now - self.canceled_at > self.cancel_timeout + GRACE:
            return self._lose(Result.CANCELED, OVERDUE_CANCEL)
        if self.timeout is not None and now - self.launched_at > self.timeout + self.cancel_timeout + GRACE:
            return self._lose(Result.CANCELED, OVERDUE)
        return Word.QUIET

    def _lose(self, result: Result, reason: str) -> Word:
        self.result, self.reason = result, reason
        return Word.LOST

    def begins_again(self) -> bool:
        """Whether a job of the server is to be tried again because its runner is lost, as when the machine restarts."""
        lost = self.reason in {LOST, NEVER_CAME} and self.canceled_at is None
        return self.on_server and lost and self.record.attempt - self.record.first < MOST_ATTEMPTS - 1

    def retries(self, steps: dict[str, str]) -> bool:
        """Whether the step that was running asks for more tries than it had (`retryCountOnTaskFailure`).

        `steps` gives the count by name. A lost attempt counts as a try of that step.
        """
        if self.reason != LOST or self.canceled_at is not None:
            return False
        return any(self._tries(step) <= _whole(steps.get(step.name, "0")) for step in self.intake.running_steps())

    def _tries(self, step: StepRecord) -> int:
        return self.record.attempt - self.record.first + step.tries


def _whole(text: str) -> int:
    return int(text) if text.strip().isdecimal() else 0


def _size(path: Path) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116 - asked for often
    except FileNotFoundError:
        return 0
