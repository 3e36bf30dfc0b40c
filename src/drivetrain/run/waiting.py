"""Waiting without being busy: for a wake-up call, the end of a runner, or the next look."""

from __future__ import annotations

import contextlib
import os
import select
import time
from typing import TYPE_CHECKING

from drivetrain.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Collection

QUICKEST = 0.002
"""Seconds until the next look when something has just happened."""
GROWTH = 1.5


class Waiter:
    """Waits on file descriptors and on `wake`, which any thread or signal handler may call."""

    def __init__(self) -> None:
        self._out, self._in = os.pipe()
        os.set_blocking(self._in, False)
        os.set_blocking(self._out, False)

    def wake(self) -> None:
        """End the wait that is under way, or the next one."""
        with contextlib.suppress(OSError):  # full: a wake-up call is under way; closed: nobody waits any more
            os.write(self._in, b"\0")

    def wait(self, seconds: float, descriptors: Collection[int] = ()) -> None:
        """Wait until one of these is readable, for a wake-up call, or so long."""
        poll = select.poll()
        for descriptor in (self._out, *descriptors):
            poll.register(descriptor, select.POLLIN)
        poll.poll(seconds * 1000)
        with contextlib.suppress(BlockingIOError):
            os.read(self._out, 4096)

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Free the descriptors; a later `wake` does nothing. Closing twice is allowed."""
        ends, self._in, self._out = (self._in, self._out), -1, -1
        for end in ends:
            if end >= 0:
                os.close(end)


class Patience:
    """A context that swallows UnavailableError, for so many seconds from the first one in a row on."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until: float | None = None

    def __enter__(self) -> None:
        """Nothing to begin."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        """Whether the error, if there is one, is swallowed."""
        if not isinstance(error, UnavailableError):
            self._until = None
            return False
        now = time.monotonic()
        self._until = self._until or now + self._seconds
        return now < self._until


class Pace:
    """How long to wait until the next look: briefly after something happened, then longer and longer."""

    def __init__(self, slowest: float) -> None:
        self._slowest = slowest
        self._next = QUICKEST

    def hurry(self) -> None:
        """Something happened."""
        self._next = QUICKEST

    def pause(self) -> float:
        """Seconds to wait now."""
        pause = self._next
        self._next = min(self._slowest, self._next * GROWTH)
        return pause
