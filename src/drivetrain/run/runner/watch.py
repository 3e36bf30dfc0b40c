"""What may end a step before its program does: the step's and the job's time limits, and cancellation.

https://learn.microsoft.com/azure/devops/pipelines/process/phases#timeouts
"""

from __future__ import annotations

import os
import select
import signal
import time
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CANCEL_FILE = "cancel"
"""Its presence in the job's folder asks for cancellation; its text is the reason."""
LOOK_SECONDS = 0.5
"""How often the file is looked for when no signal comes."""
SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stop(Enum):
    """Why a step's program has to end."""

    TIMED_OUT = "timed out"
    CANCELED = "canceled"
    ABANDONED = "abandoned"
    """The job was canceled and its `cancelTimeoutInMinutes` is over: nothing may go on."""
    DONE = "done"
    """It has said itself that it is complete (`task.complete` with `done`)."""


class Watch:
    """Time limits and cancellation of one job. Lives in the main thread, where signals arrive."""

    def __init__(self, job_dir: Path, *, job_seconds: float, cancel_seconds: float) -> None:
        """`job_seconds` 0 = unlimited. `on_cancel` is to be set before the first step."""
        self._file = job_dir / CANCEL_FILE
        self._job_deadline = _deadline(job_seconds)
        self._job_seconds = job_seconds
        self._cancel_seconds = cancel_seconds
        self._last_deadline = float("inf")
        self._step_deadline = float("inf")
        self._done_deadline = float("inf")
        self._next_look = 0.0
        self._signalled = False
        self._stop: Stop | None = None
        self._goes_on: Callable[[], bool] = lambda: True
        self.on_cancel: Callable[[str], None] = lambda _reason: None
        self.reason = ""
        """Why the job was canceled; empty while it is not."""
        self.wake_fd = -1
        self.background: list[int] = []
        """Pipes that background processes of earlier steps still hold; to be emptied."""

    def listen(self) -> None:
        """Take SIGTERM as a request to cancel, and let every signal wake the waiting."""
        self.wake_fd, writer = os.pipe()
        for fd in (self.wake_fd, writer):
            os.set_blocking(fd, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for number in SIGNALS:
            signal.signal(number, self._signal)
        # A function rather than SIG_IGN, which the steps' programs would inherit.
        signal.signal(signal.SIGHUP, lambda *_: None)

    def _signal(self, *_: object) -> None:
        self._signalled = True

    def begin_step(self, seconds: float, goes_on: Callable[[], bool]) -> None:
        """A step starts: its time limit (0 = none), and whether it is to go on when the job is canceled."""
        self._step_deadline = _deadline(seconds)
        self._done_deadline = float("inf")
        self._goes_on = goes_on
        self._stop = None

    def stop(self) -> Stop | None:
        """Whether the present step has to end now, and why. Cheap: to be called at every wake-up."""
        now = time.monotonic()
        if not self.reason and (reason := self._cancel_reason(now)):
            self._cancel(reason, now)
        if now >= self._last_deadline:
            self._stop = Stop.ABANDONED
        if self._stop is None and now >= self._step_deadline:
            self._stop = Stop.TIMED_OUT
        if self._stop is None and now >= self._done_deadline:
            self._stop = Stop.DONE
        return self._stop

    def end_step_in(self, seconds: float) -> None:
        """The present step is complete: its program may go on for so long, and no longer."""
        self._done_deadline = min(self._done_deadline, _deadline(seconds))

    def _cancel(self, reason: str, now: float) -> None:
        self.reason = reason
        self._last_deadline = now + self._cancel_seconds
        self.on_cancel(reason)
        if not self._goes_on():
            self._stop = Stop.CANCELED

    def _cancel_reason(self, now: float) -> str:
        if now >= self._job_deadline:
            minutes = f"{self._job_seconds / 60:g}"
            return f"The job ran longer than the maximum time of {minutes} minutes (timeoutInMinutes)."
        if self._signalled or now >= self._next_look:
            self._next_look = now + LOOK_SECONDS
            return self._read_file()
        return ""

    def _read_file(self) -> str:
        try:
            return self._file.read_text("utf-8", "replace").strip()[:1000] or "The job was canceled."
        except OSError:
            return "The runner was told to end (SIGTERM)." if self._signalled else ""

    def seconds(self) -> float:
        """How long one may wait before asking `stop` again, unless woken."""
        nearest = min(self._done_deadline, self._step_deadline, self._last_deadline)
        nearest = min(nearest, self._job_deadline if not self.reason else float("inf"))
        return max(0.0, min(nearest - time.monotonic(), LOOK_SECONDS))

    def woken(self) -> None:
        """Forget the bytes that signals wrote to the wake-up pipe."""
        try:
            os.read(self.wake_fd, 4096)
        except BlockingIOError:
            return

    def sleep(self, seconds: float) -> Stop | None:
        """Wait, unless the step has to end before; the reason then."""
        until = time.monotonic() + seconds
        poll = select.poll()
        if self.wake_fd >= 0:
            poll.register(self.wake_fd, select.POLLIN)
        while (stop := self.stop()) is None and (left := until - time.monotonic()) > 0:
            if poll.poll(max(1, int(min(left, self.seconds()) * 1000))):
                self.woken()
        return stop


def _deadline(seconds: float) -> float:
    return time.monotonic() + seconds if seconds > 0 else float("inf")
