"""Whether anybody drives a run: asks the lock that its driver holds for life."""

from __future__ import annotations

import fcntl
from typing import TYPE_CHECKING

from drivetrain.run.engine import DRIVER_LOCK

if TYPE_CHECKING:
    from drivetrain.home import Home


def is_driven(home: Home, run_id: int) -> bool:
    """Whether a process holds the run's driver lock now; looking takes it for a moment at most."""
    try:
        with (home.run(run_id) / DRIVER_LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
